"""The command line: ``python main.py COMMAND``. Whatever any front end can set, a flag here can set.

Exit codes: 0 done, 1 a clear error in one sentence, 2 wrong usage, 130 interrupted. Heavy libraries load inside the
commands, so that ``--help`` is there at once.
"""

from __future__ import annotations

import json
import logging
import re
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Optional, TypeVar

import typer

from errors import BadInput, MissingWeights, StudioError

if TYPE_CHECKING:
    from imaging.photo import Photo
    from jobs.store import Store
    from main import Progress, Result
    from recipe import Backdrop, GeneratedBackdrop, MaskRecipe, Recipe

T = TypeVar("T")

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
    "How the subject is found: auto, rembg[:MODEL], deeplab[:person,dog], hair[:clothes], "
    "text:the backpack[;not=PHRASE], sam:x,y[;x,y][;not=x,y][;box=x0,y0,x1,y1], alpha (the photo's own transparency), "
    "file:MASK.png, strokes:FILE.json."
)
BACKDROP_HELP = (
    "colour:#ffffff | gradient:#eef,#99c[,radial|,angle=45] | sweep:#ddd | blur:20 | "
    "image:FILE[,cover|contain] | scene:NAME[,OPTION=VALUE...][,seed=N] (see `scenes`) | transparent"
)

PhotoArgument = Annotated[Path, typer.Argument(metavar="PHOTO", help="PNG, JPEG, WebP, TIFF, AVIF or HEIC.")]
Add = Annotated[
    Optional[list[str]],
    typer.Option(metavar="SOURCE", help="Add what another source finds. Layers are combined in the order written."),
]
Remove = Annotated[Optional[list[str]], typer.Option(metavar="SOURCE", help="Remove what another source finds.")]
Intersect = Annotated[
    Optional[list[str]], typer.Option(metavar="SOURCE", help="Keep only what another source finds, too.")
]
Matting = Annotated[
    bool, typer.Option("--matting", help="Work the soft edge out anew from the photo's colours; some seconds slower.")
]
Objects = Annotated[
    str, typer.Option(metavar="all|largest|X,Y;...", help="Of separate things keep all, the largest, or those there.")
]
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
Prompt = Annotated[str, typer.Option(metavar="TEXT", help="What should be in the picture.")]
MaybePrompt = Annotated[
    Optional[str], typer.Option("--prompt", metavar="TEXT", help="A new background from a description; takes a model.")
]
NegativePrompt = Annotated[Optional[str], typer.Option(metavar="TEXT", help="What should not be in the picture.")]
ModelName = Annotated[
    Optional[str],
    typer.Option("--model", metavar="ID|FOLDER", help="As `models` lists them, or a local diffusers folder."),
]
Pictures = Annotated[
    Optional[int],
    typer.Option(
        "--num-images-per-prompt", min=1, max=8, metavar="N", help="Pictures to choose from: OUT-1, OUT-2 ..."
    ),
]
Steps = Annotated[
    Optional[int],
    typer.Option("--num-inference-steps", min=1, max=150, metavar="N", help="More take longer and show finer detail."),
]
Guidance = Annotated[
    Optional[float],
    typer.Option("--guidance-scale", min=0, max=30, metavar="F", help="How closely to follow the prompt."),
]
SchedulerName = Annotated[Optional[str], typer.Option("--scheduler", metavar="S", help="The sampling method.")]
Width = Annotated[
    Optional[int], typer.Option(min=64, max=2048, metavar="N", help="Working width, a multiple of 8; best left out.")
]
Height = Annotated[
    Optional[int], typer.Option(min=64, max=2048, metavar="N", help="Working height, a multiple of 8; best left out.")
]
MaybeSeed = Annotated[
    Optional[int],
    typer.Option(
        min=0, max=2**32 - 1, help="Of the first picture; the same seed, the same pixels. Left out: a new one."
    ),
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
    add: Add = None,
    remove: Remove = None,
    intersect: Intersect = None,
    matting: Matting = False,
    objects: Objects = "all",
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
    heat: Annotated[
        Optional[Path],
        typer.Option(metavar="OUT.png", help="Also write how sure the networks were of every place, white is sure."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find the subject of PHOTO and write its mask: white the subject, black the rest, grey the soft edge."""
    import main
    import weights
    from imaging import checks, save

    outputs = [path for path in (output, overlay, heat) if path]
    kinds = _usage("--output", lambda: [save.type_of(path) for path in outputs])
    _keep_apart(photo, *outputs)
    started = time.perf_counter()
    store, loaded = _take_photo(photo)
    shape = {
        "matting": matting,
        "objects": objects,
        "grow": grow,
        "feather": feather,
        "invert": invert,
        "fill_holes": fill_holes,
        "specks": specks,
        "strokes": strokes,
    }
    wanted = _mask_recipe(store, source, (add, remove, intersect), shape, outputs)
    selection = main.select(loaded, wanted, store.get)
    pictures = [selection.values]
    if overlay:
        import numpy as np

        pictures.append(np.asarray(main.overlay(loaded, selection)))
    if heat:
        if selection.heat is None:
            raise BadInput("This source asks no network, so there is no heat map; leave --heat out.")
        pictures.append(main.heat_map(loaded, selection))
    files = [save.encode(pixels, kind) for pixels, kind in zip(pictures, kinds, strict=True)]
    for path, data in zip(outputs, files, strict=True):
        save.write(path, data)
    share = selection.area / (loaded.size[0] * loaded.size[1])
    report = {
        "images": [str(path) for path in outputs],
        "size": list(loaded.size),
        "seconds": round(time.perf_counter() - started, 3),
        "device": "cpu",
        "model": next(reversed(selection.models), None),
        "models": {id: weights.revision(id) for id in selection.models},
        "seed": None,
        "checks": {
            "protected_share": round(checks.protected_share(selection.values), 4),
            "subject_share": round(share, 4),
        },
        "found": dict(selection.found),
        "notes": [*loaded.notes, *selection.notes],
    }
    _tell(report, as_json, f"{output}: the subject is {share:.1%} of the photo")


@app.command()
def background(
    photo: PhotoArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT.png", help="Where the result goes.")],
    backdrop: Annotated[Optional[str], typer.Option(metavar="BACKDROP", help=BACKDROP_HELP)] = None,
    prompt: MaybePrompt = None,
    mask: Annotated[str, typer.Option("--mask", "--source", metavar="SOURCE", help=SOURCE_HELP)] = "auto",
    add: Add = None,
    remove: Remove = None,
    intersect: Intersect = None,
    matting: Matting = False,
    objects: Objects = "all",
    grow: Grow = "0",
    feather: Feather = 0,
    invert: Invert = False,
    fill_holes: FillHoles = False,
    specks: Specks = 0,
    strokes: StrokesFile = None,
    shadow: Annotated[
        str, typer.Option(metavar="none|contact", help="A soft shadow where the subject stands.")
    ] = "none",
    seed: MaybeSeed = None,
    model: ModelName = None,
    negative_prompt: NegativePrompt = None,
    num_images_per_prompt: Pictures = None,
    num_inference_steps: Steps = None,
    guidance_scale: Guidance = None,
    strength: Annotated[
        Optional[float], typer.Option(min=0, max=1, metavar="F", help="Below 1 keeps something of the old background.")
    ] = None,
    scheduler: SchedulerName = None,
    width: Width = None,
    height: Height = None,
    mask_grow: Annotated[
        Optional[str],
        typer.Option(metavar="N|N%", help="Let the model paint this far into the subject's edge; negative keeps off."),
    ] = None,
    mask_feather: Annotated[
        Optional[float], typer.Option(min=0, max=1000, metavar="N", help="Round off the painted area over N pixels.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put the subject of PHOTO, untouched, before a new background: an instant --backdrop, or one from a --prompt."""
    import main
    from imaging import save
    from recipe import Length, TransparentBackdrop

    settings = {
        "negative_prompt": negative_prompt,
        "num_images_per_prompt": num_images_per_prompt,
        "num_inference_steps": num_inference_steps,
        "guidance_scale": guidance_scale,
        "strength": strength,
        "scheduler": scheduler,
        "width": width,
        "height": height,
        "mask_grow": _usage("--mask-grow", lambda: Length.parse(mask_grow)) if mask_grow else None,
        "mask_feather": mask_feather,
    }
    kind = _usage("--output", lambda: save.type_of(output))
    if (backdrop is None) == (prompt is None):
        raise typer.BadParameter("give either an instant --backdrop or a --prompt", param_hint="--backdrop")
    if backdrop is not None:
        idle = [name for name, value in {"model": model, **settings}.items() if value is not None]
        if idle:
            flag = f"--{idle[0].replace('_', '-')}"
            raise typer.BadParameter("has no effect on an instant backdrop; leave it out", param_hint=flag)
    if shadow not in ("none", "contact"):
        raise typer.BadParameter(f"{shadow!r} is not a shadow; choose none or contact", param_hint="--shadow")
    outputs = _outputs(output, num_images_per_prompt or 1)
    _keep_apart(photo, *outputs)
    generated = _generated("background", prompt, model, settings) if prompt is not None else None
    store, loaded = _take_photo(photo)
    wanted = generated or _backdrop(backdrop or "", store, loaded.size, outputs)
    if kind == "JPEG" and isinstance(wanted, TransparentBackdrop):
        raise typer.BadParameter("JPEG knows no transparency; name the output .png or .webp", param_hint="--output")
    shape = {
        "matting": matting,
        "objects": objects,
        "grow": grow,
        "feather": feather,
        "invert": invert,
        "fill_holes": fill_holes,
        "specks": specks,
        "strokes": strokes,
    }
    recipe = _recipe(
        photo=loaded.digest,
        mask=_mask_recipe(store, mask, (add, remove, intersect), shape, outputs),
        backdrop=wanted,
        shadow=shadow,
        seed=_seed(seed, generated),
    )
    with _ProgressLine() as line:
        results = main.run(recipe, loaded, store.get, line)
    _write(results, outputs, kind, as_json)


@app.command()
def create(
    prompt: Prompt,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT.png", help="Where the picture goes.")],
    seed: MaybeSeed = None,
    model: ModelName = None,
    negative_prompt: NegativePrompt = None,
    num_images_per_prompt: Pictures = None,
    num_inference_steps: Steps = None,
    guidance_scale: Guidance = None,
    scheduler: SchedulerName = None,
    width: Width = None,
    height: Height = None,
    as_json: AsJson = False,
) -> None:
    """Make a whole picture from a description."""
    import main
    from imaging import save
    from jobs import store

    settings = {
        "negative_prompt": negative_prompt,
        "num_images_per_prompt": num_images_per_prompt,
        "num_inference_steps": num_inference_steps,
        "guidance_scale": guidance_scale,
        "scheduler": scheduler,
        "width": width,
        "height": height,
    }
    kind = _usage("--output", lambda: save.type_of(output))
    outputs = _outputs(output, num_images_per_prompt or 1)
    _keep_apart(None, *outputs)
    generated = _generated("create", prompt, model, settings)
    recipe = _recipe(task="create", backdrop=generated, seed=_seed(seed, generated))
    with _ProgressLine() as line:
        results = main.run(recipe, None, store.default().get, line)
    _write(results, outputs, kind, as_json)


@app.command()
def replay(
    result: Annotated[Path, typer.Argument(metavar="RESULT.png", help="A picture that Backdrop made.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="AGAIN.png", help="Where the picture goes.")],
    photo: Annotated[
        Optional[Path], typer.Option(metavar="PHOTO", help="The photo, if the store has it no more.")
    ] = None,
    model: Annotated[
        Optional[Path], typer.Option(metavar="FOLDER", help="The diffusers folder, if it was made with one's own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make RESULT again from the recipe inside it: the same pixels on the same machine."""
    import main
    from imaging import save
    from imaging.photo import read_bytes
    from jobs import store

    kind = _usage("--output", lambda: save.type_of(output))
    _keep_apart(result, output)
    loaded = None
    if photo:
        _keep_apart(photo, output)
        loaded = _take_photo(photo)[1]
    if model:
        from diffusion import catalogue

        catalogue.add_folder(model)
    with _ProgressLine() as line:
        again = main.replay(read_bytes(result), result.name, loaded, store.default().get, line)
    _write((again,), [output], kind, as_json)


@app.command("scenes")
def scenes_command(
    gallery: Annotated[
        Optional[Path], typer.Option(metavar="OUT.png", help="Also write a sheet with a picture of every scene.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the pictures on the sheet.")] = 0,
    as_json: AsJson = False,
) -> None:
    """List the scenes for `--backdrop scene:NAME,OPTION=VALUE`, with their options."""
    from imaging import save, scenes

    if gallery:
        kind = save.type_of(gallery)
        _keep_apart(None, gallery)
        save.write(gallery, save.encode(scenes.gallery(seed), kind))
    table: list[dict[str, Any]] = [
        {"name": scene.name, "title": scene.title, "help": scene.help, "options": scenes.described(scene)}
        for scene in scenes.SCENES.values()
    ]
    if as_json:
        typer.echo(json.dumps(table, indent=2))
        return
    for row in table:
        typer.echo(f"{row['name']}: {row['help']}")
        for option in row["options"]:
            typer.echo(f"    {option['name']}={option['values']}  ({option['default']})  {option['help']}")


@models_app.callback()
def models(context: typer.Context, as_json: AsJson = False) -> None:
    """List every model: size, licence, what it is good at, and whether it is here."""
    if context.invoked_subcommand:
        return
    import weights
    from diffusion import catalogue

    rows = [
        {
            "id": entry.id,
            "for": "masks",
            "megabytes": round(entry.size / 1e6, 1),
            "licence": entry.licence,
            "commercial_use": entry.commercial,
            "here": weights.present(entry.id) is not None,
            "good_at": entry.good_at,
        }
        for entry in weights.WEIGHTS.values()
    ]
    rows += [
        {
            "id": model.id,
            "for": ", ".join(sorted(model.tasks)),
            "megabytes": round(model.size_bytes / 1e6, 1),
            "licence": model.licence,
            "licence_url": model.licence_url,
            "commercial_use": True,
            "here": catalogue.where(model.id) is not None,
            "good_at": model.help,
        }
        for model in catalogue.MODELS.values()
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    width, wide = (max(len(str(row[key])) for row in rows) for key in ("id", "licence"))
    typer.echo(f"{'model':{width}}  {'for':10}  {'MB':>6}  {'licence':{wide}}  here  good at")
    for row in rows:
        licence = f"{row['licence']}{'' if row['commercial_use'] else ' (non-commercial)'}"
        here = "yes" if row["here"] else "no"
        line = f"{row['id']:{width}}  {row['for']:10}  {row['megabytes']:6.1f}  {licence:{wide}}  {here:4}"
        typer.echo(f"{line}  {row['good_at']}")


@models_app.command("pull")
def pull(
    ids: Annotated[
        Optional[list[str]],
        typer.Argument(metavar="[ID...]", help="Models as `models` lists them; none means the small ones of set-up."),
    ] = None,
) -> None:
    """Fetch the weights of some models; a broken-off download of a diffusion model goes on where it stopped."""
    import weights
    from diffusion import catalogue

    logging.getLogger("backdrop.weights").setLevel(logging.INFO)  # says where each file came from
    on_bytes = _progress_line if sys.stderr.isatty() else None
    small = [id for id, found in weights.WEIGHTS.items() if found.embedded]
    missing: list[str] = []
    for wanted in [catalogue.MODELS.get(id) or weights.entry(id) for id in ids or small]:
        if isinstance(wanted, catalogue.Model):
            if catalogue.where(wanted.id) is None:
                said = f"{wanted.size_bytes / 1e6:.1f} MB, licence {wanted.licence} ({wanted.licence_url})"
                typer.echo(f"{wanted.id}: {said}", err=True)
            typer.echo(f"{catalogue.fetch(wanted.id, on_bytes)}")
            continue
        if weights.present(wanted.id) is None:
            typer.echo(f"{wanted.id}: {wanted.size / 1e6:.1f} MB, licence {wanted.licence}", err=True)
        try:
            for path in weights.resolve(wanted.id, on_bytes):
                typer.echo(f"{path}")
        except MissingWeights as error:
            if ids:
                raise
            missing.append(wanted.id)
            typer.echo(str(error), err=True)
    if missing:
        raise MissingWeights(f"Everything works but what needs {', '.join(missing)}; `models pull` tries again.")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what this machine has and what is missing."""
    import os
    import platform

    import main
    import weights
    from diffusion import catalogue
    from diffusion.device import pick_device
    from imaging.photo import FORMATS, max_megapixels
    from jobs import places, presence, store
    from masks import loaded

    first = catalogue.MODELS[catalogue.default("background")]
    device = pick_device(first.memory_gb)
    folder = weights.data_folder()
    at_work = presence.worker()
    here = [id for id in weights.WEIGHTS if weights.present(id)]
    missing = [entry.id for entry in weights.WEIGHTS.values() if entry.embedded and entry.id not in here]
    facts: dict[str, Any] = {
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processor cores",
        "versions": main.versions("torch", "diffusers", "transformers"),
        "device": f"{device} for {first.id}. {device.reason}",
        "formats": list(FORMATS.values()),
        "largest photo": f"{max_megapixels():g} megapixels",
        "data folder": str(folder),
        "data folder writable": os.access(next(p for p in [folder, *folder.parents] if p.exists()), os.W_OK),
        "store": f"{store.default().size() / 1e6:.1f} MB (may be deleted; replay then needs the photo again)",
        "worker": f"process {at_work.pid}, heard {at_work.silent:.0f} s ago" if at_work else "none at work",
        "worker log": f"{places.log()}{'' if places.log().exists() else ' (none yet)'}",
        "model memory": loaded.report(),
        "weights folder": os.environ.get("BACKDROP_WEIGHTS", "not set"),
        "models here": [*here, *(id for id in catalogue.MODELS if catalogue.where(id))],
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


def _number_layers(arguments: list[str]) -> list[str]:
    """Write its place before every layer's source: Typer hands over each flag's values apart, and order counts."""
    numbered = list(arguments)
    for place, argument in enumerate(arguments):
        flag, equals, value = argument.partition("=")
        if flag in LAYER_FLAGS and equals:
            numbered[place] = f"{flag}={place}{PLACE}{value}"
        elif flag in LAYER_FLAGS and place + 1 < len(arguments):
            numbered[place + 1] = f"{place}{PLACE}{arguments[place + 1]}"
    return numbered


LAYER_FLAGS = ("--add", "--remove", "--intersect")
PLACE = "\x1f"  # between a layer's place and its source; no one can type it


def _mask_recipe(
    store: Store, source: str, layers: tuple[Optional[list[str]], ...], shape: dict[str, Any], outputs: Sequence[Path]
) -> MaskRecipe:
    """The mask recipe that the flags describe; files among them go into the store.

    Args:
        store: where input files go.
        source: of the first layer.
        layers: the values of ``LAYER_FLAGS``, in that order.
        shape: the other fields.
        outputs: where results go; no input may be one of them.
    """
    from imaging.photo import read_bytes
    from masks import grammar
    from recipe import Layer, Length, MaskRecipe

    def take_in(path: Path) -> str:
        path = _expanded(path)
        _keep_apart(path, *outputs)
        return store.put(read_bytes(path))

    shape["grow"] = _usage("--grow", lambda: Length.parse(shape["grow"]))
    shape["strokes"] = take_in(shape["strokes"]) if shape["strokes"] else None
    shape["objects"] = _objects(shape["objects"])
    written = [
        (int(value.partition(PLACE)[0]), flag.removeprefix("--"), value.partition(PLACE)[2])
        for flag, values in zip(LAYER_FLAGS, layers, strict=True)
        for value in values or ()
    ]
    all_layers = [Layer(source=grammar.parse(source, take_in))]
    for _, op, text in sorted(written):
        all_layers.append(Layer.model_validate({"op": op, "source": grammar.parse(text, take_in)}))
    return MaskRecipe(layers=tuple(all_layers), **shape)


def _objects(text: str) -> str | list[list[float]]:
    """Read ``all``, ``largest`` or points as ``x,y;x,y``."""
    if text in ("all", "largest"):
        return text
    try:
        points = [[float(number) for number in point.split(",")] for point in text.split(";")]
    except ValueError:
        points = []
    if not points or any(len(point) != 2 for point in points):
        raise typer.BadParameter(f"{text!r} is not all, largest or x,y;x,y in pixels", param_hint="--objects")
    return points


def _usage(hint: str, read: Callable[[], T]) -> T:
    """What ``read`` reads of a flag; where it cannot, that is wrong usage."""
    try:
        return read()
    except BadInput as error:
        raise typer.BadParameter(str(error), param_hint=hint) from error


def _backdrop(text: str, store: Store, frame: tuple[int, int], outputs: Sequence[Path]) -> Backdrop:
    """Read a backdrop as a person writes it: ``kind:argument,argument``."""
    from pydantic import TypeAdapter, ValidationError

    from imaging import save
    from imaging.geometry import Size
    from imaging.photo import load, read_bytes
    from recipe import Backdrop, explain

    kind, _, argument = text.partition(":")
    items = [item.strip() for item in argument.split(",")] if argument else []
    values: dict[str, Any] = {"kind": kind}
    match kind:
        case "colour" | "sweep" if items:
            values["colour"] = argument
        case "gradient":
            colours = [item for item in items if _is_colour(item)]
            if len(colours) < 2:
                _wrong_backdrop("a gradient runs through two colours or more")
            values["colours"] = colours
            values["shape"] = next((item for item in items if item in ("linear", "radial")), "linear")
            values["angle"] = next((item[6:] for item in items if item.startswith("angle=")), 0)
            rest = [item for item in items if item not in colours and item not in ("linear", "radial")]
            odd = [item for item in rest if not item.startswith("angle=")]
            if odd:
                _wrong_backdrop(f"{odd[0]!r} is neither a colour (#rrggbb) nor linear, radial or angle=N")
            if rest and values["shape"] == "radial":
                _wrong_backdrop("a radial gradient has no angle")
        case "blur" if items:
            values["radius"] = argument
        case "image":
            name, comma, fit = argument.rpartition(",")
            if comma and fit in ("cover", "contain"):
                argument, values["fit"] = name, fit
            if not argument:
                _wrong_backdrop("image: needs a file, as in image:beach.jpg")
            path = _expanded(argument)
            _keep_apart(path, *outputs)
            picture = load(read_bytes(path), path.name)
            values["digest"] = store.put(save.clean_copy(picture, Size(*frame), values.get("fit", "cover")))
        case "scene":
            values |= _scene(items)
        case "colour" | "sweep" | "blur":
            if text.endswith(":"):
                _wrong_backdrop(f"something is missing after {kind}:")
        case "transparent":
            if argument:
                _wrong_backdrop("transparent takes nothing after a colon")
        case _:
            _wrong_backdrop(f"there is no backdrop {kind!r}")
    try:
        return TypeAdapter[Backdrop](Backdrop).validate_python(values)
    except ValidationError as error:
        _wrong_backdrop(explain(error))


def _is_colour(text: str) -> bool:
    return re.fullmatch(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", text) is not None


def _expanded(text: str | Path) -> Path:
    """A path with ``~`` filled in; raise :class:`BadInput` where that means nobody."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise BadInput(f"{text}: there is no such home folder; write the path out.") from None


def _scene(items: list[str]) -> dict[str, Any]:
    """The name, values and seed of ``NAME,key=value,...``; the values as the scene itself spells them."""
    from imaging import scenes

    if not items:
        _wrong_backdrop(f"scene: needs a name, one of {', '.join(scenes.SCENES)}")
    name, *pairs = items
    given: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or key in given:
            _wrong_backdrop(f"{pair!r} is not an OPTION=VALUE of its own")
        given[key] = value
    seed = given.pop("seed", None)
    options = scenes.options_of(name, given)[1]
    return {"name": name, "values": options.model_dump(mode="json", exclude_unset=True), "seed": seed}


def _wrong_backdrop(what: str) -> NoReturn:
    raise typer.BadParameter(f"{what}; write {BACKDROP_HELP}", param_hint="--backdrop")


def _recipe(**parts: Any) -> Recipe:
    from pydantic import ValidationError

    from recipe import Recipe, explain

    try:
        return Recipe.model_validate(parts)
    except ValidationError as error:
        raise BadInput(f"This cannot be done: {explain(error)}.") from error


def _generated(task: str, prompt: str, model: str | None, settings: dict[str, Any]) -> GeneratedBackdrop:
    """What the flags ask of a model; a model that is not in the catalogue is a folder."""
    from diffusion import catalogue

    if model is None:
        model = catalogue.default("create" if task == "create" else "background")
    elif model not in catalogue.MODELS:
        model = catalogue.add_folder(Path(model))
    return catalogue.settle(model, prompt=prompt, **settings)


def _seed(seed: int | None, generated: GeneratedBackdrop | None) -> int:
    """The seed that was given; for a painted picture without one a new one, said so that it can be asked for again."""
    import secrets

    if seed is not None or generated is None:
        return seed or 0
    seed = secrets.randbelow(2**31)
    typer.echo(f"seed {seed}", err=True)
    return seed


def _outputs(output: Path, pictures: int) -> list[Path]:
    """``OUT.png`` for one picture, ``OUT-1.png``, ``OUT-2.png`` and so on for several."""
    if pictures == 1:
        return [output]
    return [output.with_name(f"{output.stem}-{number}{output.suffix}") for number in range(1, pictures + 1)]


def _keep_apart(source: Path | None, *outputs: Path | None) -> None:
    """Refuse to write over what is being read, or two things into one file, before any work is done."""
    wrong: str | None = None
    try:
        taken = [source.resolve()] if source else []
        for path in filter(None, outputs):
            place = path.resolve()
            if place in taken:
                wrong = f"{path} would be overwritten; choose another name"
            elif place.is_dir():
                wrong = f"{path} is a folder; add a file name"
            elif not place.parent.is_dir():
                wrong = f"there is no folder {path.parent}; make it first"
            taken.append(place)
    except (OSError, RuntimeError) as error:  # loops of links, names too long, folders not to be looked into
        wrong = f"the output cannot be written there ({error})"
    if wrong:
        raise typer.BadParameter(wrong, param_hint="--output")


def _write(results: tuple[Result, ...], outputs: list[Path], kind: str, as_json: bool) -> None:
    """Write every picture and report on it; as JSON one report, or a list of them where there are several pictures."""
    from imaging import save

    reports = []
    for result, output in zip(results, outputs, strict=True):
        save.write(output, result.encode(kind))
        reports.append({"images": [str(output)], **result.report})
    if as_json and len(reports) > 1:
        typer.echo(json.dumps(reports, indent=2))
        return
    for report in reports:
        width, height = report["size"]
        kept = report["checks"].get("protected_share")
        said = f"{width} x {height} pixels, seed {report['seed']}"
        if kept is not None:
            said = f"{kept:.1%} of the subject kept exactly, 0 of its pixels changed"
            said += f", seed {report['seed']}" if len(reports) > 1 else ""
        _tell(report, as_json, f"{report['images'][0]}: {said}")


def _tell(report: dict[str, Any], as_json: bool, line: str) -> None:
    for note in report["notes"]:
        typer.echo(note, err=True)
    typer.echo(json.dumps(report, indent=2) if as_json else f"{line} ({report['seconds']} s)")


def _progress_line(done: int, total: int) -> None:
    typer.echo(f"\r{done / 1e6:8.1f} of {total / 1e6:.1f} MB", err=True, nl=False)


class _ProgressLine:
    """Says on a terminal how far the work has come, on one line that is gone when it is done."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._steps = 0
        self._since = 0.0

    def __enter__(self) -> _ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            typer.echo("\r\033[K", err=True, nl=False)

    def __call__(self, progress: Progress) -> None:
        if not self._shown:
            return
        text = progress.stage
        if progress.pictures > 1:
            text += f", picture {progress.picture} of {progress.pictures}"
        if progress.steps:
            self._steps += 1
            left = (progress.pictures - progress.picture + 1) * progress.steps - progress.step
            seconds = (time.perf_counter() - self._since) / self._steps * left
            text += f", step {progress.step} of {progress.steps}, about {seconds:.0f} s left"
        elif not self._steps:
            self._since = time.perf_counter()  # the step that comes next begins now
        typer.echo(f"\r\033[K{text}", err=True, nl=False)


def call(arguments: list[str] | None = None) -> int:
    """Carry out one command line and return its exit code; a person's errors are one sentence, ours a traceback."""
    try:
        app(_number_layers(sys.argv[1:] if arguments is None else arguments))
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
