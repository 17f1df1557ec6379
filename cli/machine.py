"""The commands about this machine and what it can do: scenes, models and their weights, doctor."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from cli.files import keep_apart
from cli.flags import AsJson
from cli.report import bytes_line
from errors import MissingWeights


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
        keep_apart(None, gallery)
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


def models(context: typer.Context, as_json: AsJson = False) -> None:
    """List every model: size, licence, what it is good at, and whether it is here."""
    if context.invoked_subcommand:
        return
    import weights
    from diffusion import catalogue
    from imaging import sentences

    rows = [
        {
            "id": sentences.MODEL,
            "for": "background, create",
            "megabytes": 0.0,
            "licence": "Apache-2.0",
            "commercial_use": True,
            "here": True,
            "good_at": "places described in a sentence, drawn as rendered scenes in about two seconds",
        }
    ]
    rows += [
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
    on_bytes = bytes_line if sys.stderr.isatty() else None
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


def doctor(as_json: AsJson = False) -> None:
    """Say what this machine has and what is missing."""
    import os
    import platform

    import main
    import weights
    from diffusion import catalogue
    from diffusion.device import pick_device
    from imaging.photo import FORMATS, max_megapixels
    from jobs import places, retention, supervisor
    from masks import loaded

    first = catalogue.MODELS[catalogue.default("background")]
    device = pick_device(first.memory_gb)
    folder = weights.data_folder()
    kept = retention.used()
    running = supervisor.worker()
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
        "kept": f"{kept.store / 1e6:.1f} MB of pictures, {kept.records / 1e6:.1f} MB of records; {retention.policy()}",
        "worker": f"process {running.pid}, heard {running.silent:.0f} s ago" if running else "not running",
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
