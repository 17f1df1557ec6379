"""The command line: ``python main.py COMMAND``. Whatever any front end can set, a flag here can set.

Exit codes: 0 done, 1 a clear error in one sentence, 2 wrong usage, 130 interrupted. Heavy libraries load inside the
commands, so that ``--help`` is there at once.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Optional

import typer

from errors import StudioError

if TYPE_CHECKING:
    from imaging.photo import Photo
    from jobs.store import Store
    from main import Result
    from recipe import Backdrop, MaskRecipe

app = typer.Typer(
    help="Backdrop: a photo in, its subject in a new place out, exactly.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
models_app = typer.Typer(help="List the models, or fetch their weights.", invoke_without_command=True)
app.add_typer(models_app, name="models")

SOURCE_HELP = (
    "How the subject is found: auto, rembg, rembg:MODEL, alpha (the photo's own transparency), file:MASK.png, "
    "strokes:FILE.json."
)
BACKDROP_HELP = (
    "colour:#ffffff | gradient:#eef,#99c[,radial|,angle=45] | sweep:#ddd | blur:20 | "
    "image:FILE[,cover|contain] | transparent"
)

PhotoArgument = Annotated[Path, typer.Argument(metavar="PHOTO", help="PNG, JPEG, WebP, TIFF, AVIF or HEIC.")]
Grow = Annotated[
    str, typer.Option(metavar="N|N%", help="Grow the mask by pixels or per cent of the subject; negative shrinks.")
]
Feather = Annotated[float, typer.Option(min=0, max=1000, metavar="N", help="Soften the mask's edge over N pixels.")]
Invert = Annotated[bool, typer.Option("--invert", help="Select what was not selected.")]
FillHoles = Annotated[bool, typer.Option("--fill-holes", help="Close holes in the mask; closes rings and handles too.")]
Specks = Annotated[
    float, typer.Option(min=0, max=100, metavar="N", help="Drop pieces below N per cent of the largest piece.")
]
StrokesFile = Annotated[
    Optional[Path], typer.Option("--strokes", metavar="FILE.json", help="Touch-ups by hand, as the canvas saves them.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print a report as JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say where files come from.")]


@app.callback()
def _options(verbose: Verbose = False) -> None:
    logging.basicConfig(format="%(message)s", level=logging.INFO if verbose else logging.WARNING)


@app.command("mask")
def mask_command(
    photo: PhotoArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MASK.png", help="Where the mask goes.")],
    source: Annotated[str, typer.Option("--source", "--mask", metavar="SOURCE", help=SOURCE_HELP)] = "auto",
    grow: Grow = "0",
    feather: Feather = 0,
    invert: Invert = False,
    fill_holes: FillHoles = False,
    specks: Specks = 0,
    strokes: StrokesFile = None,
    overlay: Annotated[
        Optional[Path],
        typer.Option(metavar="OUT.png", help="Also write the photo with red over what will be repainted."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find the subject of PHOTO and write its mask: white the subject, black the rest, grey the soft edge."""
    import time

    import main
    import weights
    from imaging import checks, save

    kinds = [save.type_of(path) for path in (output, overlay) if path]
    _keep_apart(photo, output, overlay)
    started = time.perf_counter()
    store, loaded = _take_photo(photo)
    shape = {
        "grow": grow,
        "feather": feather,
        "invert": invert,
        "fill_holes": fill_holes,
        "specks": specks,
        "strokes": strokes,
    }
    selection = main.select(loaded, _mask_recipe(store, source, shape), store.get)
    save.write(output, save.encode(selection.values, kinds[0]))
    written = [str(output)]
    if overlay:
        import numpy as np

        save.write(overlay, save.encode(np.asarray(main.overlay(loaded, selection)), kinds[1]))
        written.append(str(overlay))
    share = selection.area / (loaded.size[0] * loaded.size[1])
    report = {
        "images": written,
        "size": list(loaded.size),
        "seconds": round(time.perf_counter() - started, 3),
        "device": "cpu",
        "models": {id: weights.revision(id) for id in selection.models},
        "checks": {
            "protected_share": round(checks.protected_share(selection.values), 4),
            "subject_share": round(share, 4),
        },
        "notes": [*loaded.notes, *selection.notes],
    }
    _tell(report, as_json, f"{output}: the subject is {share:.1%} of the photo")


@app.command()
def background(
    photo: PhotoArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT.png", help="Where the result goes.")],
    backdrop: Annotated[str, typer.Option(metavar="BACKDROP", help=BACKDROP_HELP)],
    mask: Annotated[str, typer.Option("--mask", "--source", metavar="SOURCE", help=SOURCE_HELP)] = "auto",
    grow: Grow = "0",
    feather: Feather = 0,
    invert: Invert = False,
    fill_holes: FillHoles = False,
    specks: Specks = 0,
    strokes: StrokesFile = None,
    shadow: Annotated[
        str, typer.Option(metavar="none|contact", help="A soft shadow where the subject stands.")
    ] = "none",
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Of everything random; the same seed, the same pixels.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Put the subject of PHOTO, untouched, before a new background."""
    import main
    from imaging import save
    from recipe import Recipe, TransparentBackdrop

    kind = save.type_of(output)
    if shadow not in ("none", "contact"):
        raise typer.BadParameter(f"{shadow!r} is not a shadow; choose none or contact", param_hint="--shadow")
    _keep_apart(photo, output)
    store, loaded = _take_photo(photo)
    wanted = _backdrop(backdrop, store)
    if kind == "JPEG" and isinstance(wanted, TransparentBackdrop):
        raise typer.BadParameter("JPEG knows no transparency; name the output .png or .webp", param_hint="--output")
    shape = {
        "grow": grow,
        "feather": feather,
        "invert": invert,
        "fill_holes": fill_holes,
        "specks": specks,
        "strokes": strokes,
    }
    recipe = Recipe(
        photo=loaded.digest,
        mask=_mask_recipe(store, mask, shape),
        backdrop=wanted,
        shadow=shadow,
        seed=seed,
    )
    (result,) = main.run(recipe, loaded, store.get)
    _write(result, output, kind, as_json)


@app.command()
def replay(
    result: Annotated[Path, typer.Argument(metavar="RESULT.png", help="A picture that Backdrop made.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="AGAIN.png", help="Where the picture goes.")],
    photo: Annotated[
        Optional[Path], typer.Option(metavar="PHOTO", help="The photo, if the store has it no more.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make RESULT again from the recipe inside it: the same pixels on the same machine."""
    import main
    from imaging import save
    from imaging.photo import read_bytes
    from jobs import store

    kind = save.type_of(output)
    _keep_apart(result, output)
    loaded = None
    if photo:
        _keep_apart(photo, output)
        loaded = _take_photo(photo)[1]
    again = main.replay(read_bytes(result), result.name, loaded, store.default().get)
    _write(again, output, kind, as_json)


@models_app.callback()
def models(context: typer.Context, as_json: AsJson = False) -> None:
    """List every model: size, licence, what it is good at, and whether it is here."""
    if context.invoked_subcommand:
        return
    import weights

    rows = [
        {
            "id": entry.id,
            "megabytes": round(entry.size / 1e6, 1),
            "licence": entry.licence,
            "commercial_use": entry.commercial,
            "here": weights.present(entry.id) is not None,
            "good_at": entry.good_at,
        }
        for entry in weights.WEIGHTS.values()
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    width = max(len(str(row["id"])) for row in rows)
    typer.echo(f"{'model':{width}}  {'MB':>6}  {'licence':10}  here  good at")
    for row in rows:
        licence = f"{row['licence']}{'' if row['commercial_use'] else ' (non-commercial)'}"
        here = "yes" if row["here"] else "no"
        typer.echo(f"{row['id']:{width}}  {row['megabytes']:6.1f}  {licence:10}  {here:4}  {row['good_at']}")


@models_app.command("pull")
def pull(
    ids: Annotated[
        Optional[list[str]],
        typer.Argument(metavar="[ID...]", help="Models as `models` lists them; none means the small ones of set-up."),
    ] = None,
) -> None:
    """Fetch the weights of some models and check their digests."""
    import weights

    logging.getLogger("backdrop.weights").setLevel(logging.INFO)  # says where each file came from
    wanted = [weights.entry(id) for id in ids] if ids else [w for w in weights.WEIGHTS.values() if w.embedded]
    for entry in wanted:
        if weights.present(entry.id) is None:
            typer.echo(f"{entry.id}: {entry.size / 1e6:.1f} MB, licence {entry.licence}", err=True)
        for path in weights.resolve(entry.id, _progress_line if sys.stderr.isatty() else None):
            typer.echo(f"{path}")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what this machine has and what is missing."""
    import os
    import platform

    import main
    import weights
    from imaging.photo import FORMATS, max_megapixels
    from jobs import places, presence, store

    folder = weights.data_folder()
    at_work = presence.worker()
    here = [id for id in weights.WEIGHTS if weights.present(id)]
    missing = [entry.id for entry in weights.WEIGHTS.values() if entry.embedded and entry.id not in here]
    facts: dict[str, Any] = {
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processor cores",
        "versions": main.versions(),
        "formats": list(FORMATS.values()),
        "largest photo": f"{max_megapixels():g} megapixels",
        "data folder": str(folder),
        "data folder writable": os.access(next(p for p in [folder, *folder.parents] if p.exists()), os.W_OK),
        "store": f"{store.default().size() / 1e6:.1f} MB (may be deleted; replay then needs the photo again)",
        "worker": f"process {at_work.pid}, heard {at_work.silent:.0f} s ago" if at_work else "none at work",
        "worker log": f"{places.log()}{'' if places.log().exists() else ' (none yet)'}",
        "weights folder": os.environ.get("BACKDROP_WEIGHTS", "not set"),
        "models here": here,
        "models missing that set-up fetches": missing,
    }
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {item}" for key, item in value.items())
        elif isinstance(value, list):
            value = ", ".join(value) or "none"
        typer.echo(f"{name}: {value}")


def _take_photo(path: Path) -> tuple[Store, Photo]:
    """Read a photo and keep it in the store, so that its results can be replayed."""
    from imaging.photo import load, read_bytes
    from jobs import store

    data = read_bytes(path)
    loaded = load(data, path.name)
    kept = store.default()
    kept.put(data)
    return kept, loaded


def _mask_recipe(store: Store, source: str, shape: dict[str, Any]) -> MaskRecipe:
    """The mask recipe that the flags describe; files among them go into the store."""
    from imaging.photo import read_bytes
    from masks import grammar
    from recipe import Layer, Length, MaskRecipe

    def take_in(path: Path) -> str:
        return store.put(read_bytes(path))

    shape["grow"] = Length.parse(shape["grow"])
    shape["strokes"] = take_in(shape["strokes"]) if shape["strokes"] else None
    return MaskRecipe(layers=(Layer(source=grammar.parse(source, take_in)),), **shape)


def _backdrop(text: str, store: Store) -> Backdrop:
    """Read a backdrop as a person writes it: ``kind:argument,argument``."""
    from pydantic import TypeAdapter, ValidationError

    from imaging import save
    from imaging.photo import load, read_bytes
    from recipe import Backdrop, explain

    kind, _, argument = text.partition(":")
    items = [item.strip() for item in argument.split(",")] if argument else []
    values: dict[str, Any] = {"kind": kind}
    match kind:
        case "colour" | "sweep" if items:
            values["colour"] = argument
        case "gradient":
            values["colours"] = [item for item in items if item.startswith("#")]
            values["shape"] = next((item for item in items if item in ("linear", "radial")), "linear")
            values["angle"] = next((item[6:] for item in items if item.startswith("angle=")), 0)
            odd = [
                item for item in items if item[:1] != "#" and item not in ("linear", "radial") and item[:6] != "angle="
            ]
            if odd:
                _wrong_backdrop(f"{odd[0]!r} is neither a colour (#rrggbb) nor linear, radial or angle=N")
        case "blur" if items:
            values["radius"] = argument
        case "image":
            name, comma, fit = argument.rpartition(",")
            if comma and fit in ("cover", "contain"):
                argument, values["fit"] = name, fit
            if not argument:
                _wrong_backdrop("image: needs a file, as in image:beach.jpg")
            path = Path(argument).expanduser()
            values["digest"] = store.put(save.clean_copy(load(read_bytes(path), path.name)))
        case "colour" | "sweep" | "blur":
            pass
        case "transparent" if argument:
            _wrong_backdrop("transparent takes nothing after a colon")
    try:
        return TypeAdapter[Backdrop](Backdrop).validate_python(values)
    except ValidationError as error:
        _wrong_backdrop(explain(error))


def _wrong_backdrop(what: str) -> NoReturn:
    raise typer.BadParameter(f"{what}; write {BACKDROP_HELP}", param_hint="--backdrop")


def _keep_apart(source: Path, *outputs: Path | None) -> None:
    """Refuse to write over what is being read, or two things into one file, before any work is done."""
    taken = [source.resolve()]
    for path in filter(None, outputs):
        if path.resolve() in taken:
            raise typer.BadParameter(f"{path} would be overwritten; choose another name", param_hint="--output")
        if not path.resolve().parent.is_dir():
            raise typer.BadParameter(f"there is no folder {path.parent}; make it first", param_hint="--output")
        taken.append(path.resolve())


def _write(result: Result, output: Path, kind: str, as_json: bool) -> None:
    from imaging import save

    save.write(output, result.encode(kind))
    report = {"images": [str(output)], **result.report}
    checks = report["checks"]
    _tell(
        report,
        as_json,
        f"{output}: {checks['protected_share']:.1%} of the subject kept exactly, 0 of its pixels changed",
    )


def _tell(report: dict[str, Any], as_json: bool, line: str) -> None:
    for note in report["notes"]:
        typer.echo(note, err=True)
    typer.echo(json.dumps(report, indent=2) if as_json else f"{line} ({report['seconds']} s)")


def _progress_line(done: int, total: int) -> None:
    typer.echo(f"\r{done / 1e6:8.1f} of {total / 1e6:.1f} MB", err=True, nl=False)


def call(arguments: list[str] | None = None) -> int:
    """Carry out one command line and return its exit code; a person's errors are one sentence, ours a traceback."""
    try:
        app(arguments)
    except StudioError as error:
        typer.echo(str(error), err=True)
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


def run() -> NoReturn:
    """Carry out the process's own command line and exit."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave through the finally clauses, as on Ctrl-C
    sys.exit(call())
