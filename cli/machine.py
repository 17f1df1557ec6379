"""The commands about this machine and what it can do: scenes, models and their weights, doctor."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from cli.files import keep_apart
from cli.flags import AsJson
from cli.report import BytesLine
from errors import MissingWeights


def scenes_command(
    gallery: Annotated[
        Optional[Path], typer.Option(metavar="OUT.png", help="Also write a sheet with a picture of every scene.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the pictures on the sheet.")] = 0,
    as_json: AsJson = False,
) -> None:
    """List the scenes for `--backdrop scene:NAME,OPTION=VALUE`, with their options."""
    from imaging import files, scenes
    from imaging.encode import encode, type_of

    if gallery:
        kind = type_of(gallery)
        keep_apart(None, gallery)
        files.write(gallery, encode(scenes.gallery(seed), kind))
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


def list_models(context: typer.Context, as_json: AsJson = False) -> None:
    """List every model: size, licence, what it is good at, and whether it is here."""
    if context.invoked_subcommand:
        return
    import models
    from imaging import sentences

    rows = [
        {
            "id": sentences.MODEL,
            "for": "background, create",
            "megabytes": 0.0,
            "licence": "Apache-2.0",
            "licence_url": "",
            "commercial_use": True,
            "here": True,
            "good_at": "places described in a sentence, drawn as rendered scenes in about two seconds",
        }
    ]
    rows += [
        {
            "id": model.id,
            "for": model.used_for,
            "megabytes": round(model.size / 1e6, 1),
            "licence": model.licence,
            "licence_url": model.licence_url,
            "commercial_use": model.commercial,
            "here": models.is_installed(model.id),
            "good_at": model.help,
        }
        for model in models.MODELS.values()
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    width, purpose, wide = (max(len(str(row[key])) for row in rows) for key in ("id", "for", "licence"))
    typer.echo(f"{'model':{width}}  {'for':{purpose}}  {'MB':>6}  {'licence':{wide}}  here  good at")
    for row in rows:
        licence = f"{row['licence']}{'' if row['commercial_use'] else ' (non-commercial)'}"
        here = "yes" if row["here"] else "no"
        line = f"{row['id']:{width}}  {row['for']:{purpose}}  {row['megabytes']:6.1f}  {licence:{wide}}  {here:4}"
        typer.echo(f"{line}  {row['good_at']}")


def pull(
    ids: Annotated[
        Optional[list[str]],
        typer.Argument(metavar="[ID...]", help="Models as `models` lists them; none means the small ones of set-up."),
    ] = None,
) -> None:
    """Fetch some models; a broken-off download is resumed. Of set-up's models, one that is optional may be missing."""
    import models

    logging.getLogger("backdrop.models").setLevel(logging.INFO)  # says where each file came from
    for wanted in [models.entry(id) for id in ids or [id for id, model in models.MODELS.items() if model.setup]]:
        if not models.is_installed(wanted.id):
            licence = wanted.licence + (f" ({wanted.licence_url})" if wanted.licence_url else "")
            typer.echo(f"{wanted.id}: {wanted.size / 1e6:.1f} MB, licence {licence}", err=True)
        try:
            with BytesLine() as line:
                paths = models.fetch(wanted.id, line)
        except MissingWeights:
            if ids or wanted.setup == "required":
                raise
            typer.echo(f"{wanted.id} is optional and has no source that answers here. {wanted.without}", err=True)
            continue
        for path in paths:
            typer.echo(f"{path}")


def remove(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Models as `models` lists them.")],
) -> None:
    """Delete what was downloaded of some models; a folder of your own is not touched."""
    import models

    for id in [models.entry(id).id for id in ids]:
        typer.echo(f"{id}: {models.remove(id) / 1e6:.1f} MB removed")


def doctor(
    bench: Annotated[
        bool,
        typer.Option(
            "--bench",
            help="Also measure how fast diffusion models run here, in about half a minute, and keep the result: the "
            "page says from it how long a picture will take.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what this machine has and what is missing."""
    import os
    import platform

    import main
    import models
    from diffusion.device import pick_device
    from imaging.decode import max_megapixels
    from imaging.photo import FORMATS
    from jobs import places, retention, supervisor
    from masks import loaded

    first = models.denoiser(models.default_denoiser("background"))
    device = pick_device(first.memory_gb)
    folder = models.data_folder()
    kept = retention.used()
    running = supervisor.worker()
    here = [id for id in models.MODELS if models.is_installed(id)]
    missing = [id for id, model in models.MODELS.items() if model.setup and id not in here]
    facts: dict[str, Any] = {
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processor cores",
        "versions": main.versions("torch", "diffusers", "transformers"),
        "device": f"{device} for {first.id}. {device.reason}",
        "formats": list(FORMATS.values()),
        "largest photo": f"{max_megapixels():g} megapixels",
        "data folder": str(folder),
        "data folder writable": os.access(next(p for p in [folder, *folder.parents] if p.exists()), os.W_OK),
        "kept": f"{kept.store / 1e6:.1f} MB of pictures, {kept.records / 1e6:.1f} MB of records; {retention.policy()}",
        "worker": f"process {running.pid}, heard {running.silent:.0f} s ago" if running else "not running",
        "worker log": f"{places.log()}{'' if places.log().exists() else ' (none yet)'}",
        "model memory": loaded.report(),
        "weights folder": os.environ.get("BACKDROP_WEIGHTS", "not set"),
        "models here": here,
        "models missing that set-up fetches": missing,
        "speed": _measured_speed() if bench else _kept_speed(),
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


def _measured_speed() -> str:
    from diffusion import bench

    bench.measure()
    return _kept_speed()


def _kept_speed() -> str:
    from diffusion import expected

    speed = expected.kept_bench()
    return f"{speed:.2f} TFLOP/s on a diffusion model's layers" if speed else "not measured yet (doctor --bench)"


def clean(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete what is kept no longer, by age and size: BACKDROP_KEEP_DAYS and BACKDROP_KEEP_GB. The worker does it, too.

    What a waiting job or an open page needs is never deleted, and models are not.
    """
    from dataclasses import asdict

    from jobs import retention

    cleaned = retention.clean(dry_run)
    if as_json:
        typer.echo(json.dumps(asdict(cleaned), indent=2))
        return
    typer.echo(f"{'It would delete' if dry_run else 'Deleted'} {cleaned}.")
    typer.echo(f"Everything is {retention.policy()}.")
