"""The commands that make pictures: mask, replay, and one for each task."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Optional

import typer

from cli.backdrop import BACKDROP_HELP, read_backdrop
from cli.files import keep_apart, numbered, take_photo
from cli.flags import SOURCE_HELP, AsJson, Given, MaybeSeed, PhotoArgument, for_task, grouped, made, usage
from cli.generated import BackgroundFlags, BestOfFlag, CreateFlags, generated_backdrop, resolve_seed
from cli.look import LookFlags, read_look
from cli.mask import LayerFlags, MaskFlags, read_mask
from cli.placement import PlacementFlags, PresetFlag, preset_of, read_placement
from cli.report import ProgressLine, Writer, print_report
from errors import BadInput
from recipe import TaskKind


@grouped
def mask(
    photo: PhotoArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MASK.png", help="Where the mask goes.")],
    source: Annotated[str, typer.Option("--source", "--mask", metavar="SOURCE", help=SOURCE_HELP)] = "auto",
    *,
    layers: LayerFlags,
    shape: MaskFlags,
    overlay: Annotated[
        Optional[Path],
        typer.Option(metavar="OUT.png", help="Also write the photo, coloured over where it will be repainted."),
    ] = None,
    heat: Annotated[
        Optional[Path],
        typer.Option(metavar="OUT.png", help="Also write how sure the networks were of every place, white is sure."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find the subject of PHOTO and write its mask: white the subject, black the rest, grey the soft edge."""
    import main
    import models
    from imaging import checks, files
    from imaging.encode import encode, type_of
    from masks import overlay as overlays

    outputs = [path for path in (output, overlay, heat) if path]
    kinds = usage("--output", lambda: [type_of(path) for path in outputs])
    keep_apart(photo, *outputs)
    started = time.perf_counter()
    store, loaded = take_photo(photo, source)
    selection = main.select(loaded, read_mask(source, layers, shape, store, outputs), store.get)
    pictures = [selection.values]
    if overlay:
        import numpy as np

        pictures.append(np.asarray(overlays.overlay(loaded, selection)))
    if heat:
        if selection.probability is None:
            raise BadInput("This source asks no network, so there is no heat map; leave --heat out.")
        pictures.append(overlays.probability_map(loaded, selection))
    encoded = [encode(pixels, kind) for pixels, kind in zip(pictures, kinds, strict=True)]
    for path, data in zip(outputs, encoded, strict=True):
        files.write(path, data)
    share = selection.area / (loaded.size[0] * loaded.size[1])
    report = {
        "images": [str(path) for path in outputs],
        "size": list(loaded.size),
        "seconds": round(time.perf_counter() - started, 3),
        "device": "cpu",
        "model": next(reversed(selection.models), None),
        "models": {id: models.revision(id) for id in selection.models},
        "seed": None,
        "checks": {
            "protected_share": round(checks.protected_share(selection.values), 4),
            "subject_share": round(share, 4),
        },
        "found": dict(selection.found),
        "doubt": round(selection.doubt.value, 3) if selection.doubt else None,
        "notes": [*loaded.notes, *selection.notes],
    }
    print_report(report, as_json, f"{output}: the subject is {share:.1%} of the photo")


def background(
    task: type[TaskKind],
    photo: PhotoArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT.png", help="Where the result goes.")],
    backdrop: Annotated[Optional[str], typer.Option(metavar="BACKDROP", help=BACKDROP_HELP)] = None,
    prompt: Annotated[
        Optional[str],
        typer.Option(metavar="TEXT", help="A new background from a description: a rendered scene, or a model's."),
    ] = None,
    mask: Annotated[str, typer.Option("--mask", "--source", metavar="SOURCE", help=SOURCE_HELP)] = "auto",
    *,
    layers: LayerFlags,
    shape: MaskFlags,
    preset: PresetFlag = None,
    place: PlacementFlags,
    look: LookFlags,
    seed: MaybeSeed = None,
    settings: BackgroundFlags,
    best_of: BestOfFlag = None,
    options: Given,
    save_layers: Annotated[
        Optional[Path],
        typer.Option(
            "--layers",
            metavar="FOLDER|OUT.ora",
            help="Also write cut-out, shadow, background and mask: PNGs in a folder, or one OpenRaster file.",
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="A failed check is an error (exit code 1); its picture is OUT-failed.png."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Of a task that gives the subject of PHOTO another background."""
    import main
    from backdrops import GeneratedBackdrop, TransparentBackdrop
    from imaging.encode import type_of
    from imaging.heap import keep_freed_memory
    from imaging.pose import frame_of
    from recipe import Recipe

    kind = usage("--output", lambda: type_of(output))
    chosen = preset_of(preset, kind)
    if chosen and chosen.colour and backdrop is None and prompt is None:
        backdrop = f"colour:{chosen.colour}"
    if (backdrop is None) == (prompt is None):
        raise typer.BadParameter("give either an instant --backdrop or a --prompt", param_hint="--backdrop")
    if best_of is not None:
        if "num_images_per_prompt" in settings:
            raise typer.BadParameter("give this or --num-images-per-prompt, not both", param_hint="--best-of")
        settings = {**settings, "num_images_per_prompt": best_of}
    if backdrop is not None and settings:
        flag = f"--{next(iter(settings)).replace('_', '-')}"
        raise typer.BadParameter("has no effect on an instant backdrop; leave it out", param_hint=flag)
    outputs = numbered(output, settings.get("num_images_per_prompt", 1))
    keep_apart(photo, *outputs)
    if save_layers is not None and save_layers.suffix == ".ora":
        keep_apart(photo, *outputs, *numbered(save_layers, len(outputs)))
    generated = generated_backdrop(task.name, prompt, settings) if prompt is not None else None
    if not isinstance(generated, GeneratedBackdrop):  # a diffusion model's memory is better given back
        keep_freed_memory()
    store, loaded = take_photo(photo, mask)
    placement = read_placement(chosen, place)
    frame = frame_of(loaded.size, placement)
    wanted = generated or read_backdrop(backdrop or "", store, frame, outputs)
    if kind == "JPEG" and isinstance(wanted, TransparentBackdrop):
        raise typer.BadParameter("JPEG knows no transparency; name the output .png or .webp", param_hint="--output")
    recipe = made(
        Recipe,
        task=task.name,
        photo=loaded.digest,
        mask=read_mask(mask, layers, shape, store, outputs),
        placement=placement,
        backdrop=wanted,
        **read_look(look),
        seed=resolve_seed(seed, generated),
        options=options,
    )
    writer = Writer(outputs, kind, save_layers, strict, ranked=best_of is not None)
    with ProgressLine() as line, writer:
        main.run(recipe, loaded, store.get, line, on_result=writer)
    writer.report(as_json)
    if writer.failures:
        raise BadInput(" ".join(writer.failures))


def create(
    task: type[TaskKind],
    prompt: Annotated[str, typer.Option(metavar="TEXT", help="What should be in the picture.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT.png", help="Where the picture goes.")],
    seed: MaybeSeed = None,
    *,
    settings: CreateFlags,
    options: Given,
    as_json: AsJson = False,
) -> None:
    """Of a task that makes a whole picture."""
    import main
    from imaging.encode import type_of
    from jobs import store
    from recipe import Recipe

    kind = usage("--output", lambda: type_of(output))
    outputs = numbered(output, settings.get("num_images_per_prompt", 1))
    keep_apart(None, *outputs)
    backdrop = generated_backdrop(task.name, prompt, settings)
    recipe = made(Recipe, task=task.name, backdrop=backdrop, seed=resolve_seed(seed, backdrop), options=options)
    writer = Writer(outputs, kind)
    with ProgressLine() as line:
        main.run(recipe, None, store.default().get, line, on_result=writer)
    writer.report(as_json)


def of_photo(
    task: type[TaskKind],
    photo: PhotoArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT.png", help="Where the result goes.")],
    mask: Annotated[str, typer.Option("--mask", "--source", metavar="SOURCE", help=SOURCE_HELP)] = "auto",
    *,
    layers: LayerFlags,
    shape: MaskFlags,
    seed: MaybeSeed = None,
    options: Given,
    as_json: AsJson = False,
) -> None:
    """Of a task that does something else with PHOTO and its subject."""
    import main
    from imaging.encode import type_of
    from recipe import Recipe

    kind = usage("--output", lambda: type_of(output))
    keep_apart(photo, output)
    store, loaded = take_photo(photo, mask)
    found = read_mask(mask, layers, shape, store, [output])
    recipe = made(Recipe, task=task.name, photo=loaded.digest, mask=found, seed=seed or 0, options=options)
    writer = Writer([output], kind)
    with ProgressLine() as line:
        main.run(recipe, loaded, store.get, line, on_result=writer)
    writer.report(as_json)


def command_of(task: type[TaskKind]) -> Callable[..., None]:
    """The command of a task, made from what the task takes."""
    if not task.has_subject:
        return for_task(create, task)
    return for_task(background if task.has_backdrop else of_photo, task)


def replay(
    result: Annotated[Path, typer.Argument(metavar="RESULT.png", help="A picture that Backdrop made.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="AGAIN.png", help="Where the picture goes.")],
    photo: Annotated[
        Optional[Path], typer.Option(metavar="PHOTO", help="The photo, if the store has it no more.")
    ] = None,
    inputs: Annotated[
        Optional[list[Path]],
        typer.Option("--input", metavar="FILE", help="Another file it was made with, if the store has it no more."),
    ] = None,
    model: Annotated[
        Optional[Path], typer.Option(metavar="FOLDER", help="The diffusers folder, if it was made with one's own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make RESULT again from the recipe inside it: the same pixels on the same machine."""
    import replay as replaying
    from imaging.encode import type_of
    from imaging.photo import read_bytes
    from jobs import store

    kind = usage("--output", lambda: type_of(output))
    keep_apart(result, output)
    loaded = None
    if photo:
        keep_apart(photo, output)
        loaded = take_photo(photo)[1]
    given: dict[str, bytes] = {}
    for path in inputs or ():
        keep_apart(path, output)
        given[str(path)] = read_bytes(path)
    if model:
        import models

        models.add_folder(model)
    with ProgressLine() as line:
        again = replaying.replay(read_bytes(result), result.name, loaded, store.default().get, line, given)
    writer = Writer([output], kind)
    writer(again)
    writer.report(as_json)
