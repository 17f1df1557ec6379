"""The command line: one command per step of the making of the pocket model; ``python -m training --help``.

What only the preparing and measuring commands need is imported in them: the machine that trains has little installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from errors import BadInput, StudioError
from training import captions, data, export, legs, tokenizer
from training.autoencoder import Autoencoder
from training.autoencoder import load as load_autoencoder
from training.config import Settings, settings_of
from training.denoiser import Denoiser

app = typer.Typer(
    help="Make the pocket model: pack, tokenizer, autoencoder, denoiser, export, evaluate. See docs/pocket.md.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Run = Annotated[Path, typer.Option(help="Folder of the run: states, logs, tokenizer, pieces.")]
Parts = Annotated[list[Path], typer.Argument(metavar="PACK...", help="The pack's parts.")]
Which = Annotated[str, typer.Option(help="pocket, or toy for a rehearsal.")]
Minutes = Annotated[float, typer.Option(help="Stop then, to be taken up by the same command.")]
Steps = Annotated[int | None, typer.Option(help="Steps in all; the settings' own where not given.")]
Compiled = Annotated[bool, typer.Option(help="Compile the networks first.")]
RUN = Path("build/pocket")


@app.command()
def pack(
    scenes: Annotated[Path, typer.Argument(help="Folder of the scenes: captions.jsonl and its tar shards.")],
    out: Annotated[Path, typer.Option(help="Folder for the pack.")] = Path("build/pack"),
    licences: Annotated[str, typer.Option(help="Licence groups, with commas.")] = ",".join(data.LICENCES),
    cut_outs: Annotated[list[Path] | None, typer.Option(help="Folders of cut-outs with alpha.")] = None,
    perceptual: Annotated[Path | None, typer.Option(help="alex_shift_tolerant.pth of stlpips-pytorch.")] = None,
    rendered: Annotated[int, typer.Option(help="Scenes to render besides.")] = 4000,
    parts: Annotated[int, typer.Option(help="Files to make.")] = 2,
    megabytes: Annotated[float, typer.Option(help="Of a file at most.")] = 50,
) -> None:
    """Pack photographs, rendered scenes, cut-outs and the perceptual net for the machine that trains."""
    from training import packing

    done = packing.pack(
        scenes,
        out,
        licences=[part.strip() for part in licences.split(",")],
        cut_out_folders=cut_outs or (),
        perceptual=perceptual,
        rendered=rendered,
        parts=parts,
        megabytes=megabytes,
    )
    sizes = ", ".join(f"{size / 1e6:.1f} MB" for size in done.parts)
    print(f"{done.photographs} photographs (WebP quality {done.quality}, {done.psnr:.1f} dB against the shards),")
    print(f"{done.rendered} rendered scenes, {done.cut_outs} cut-outs: {sizes}")


@app.command(name="tokenizer")
def learn_tokenizer(parts: Parts, run: Run = RUN, settings: Which = "pocket") -> None:
    """Learn the tokenizer from the captions and their rewordings."""
    chosen = settings_of(settings)
    texts = [
        text
        for number, facts in enumerate(data.load(parts).pictures.facts)
        for text in captions.every_wording(facts, number)
    ]
    vocabulary, merges = tokenizer.learn(texts, chosen.vocabulary)
    tokenizer.save(vocabulary, merges, chosen.words, run / "tokenizer")
    print(f"{len(vocabulary)} tokens learnt from {len(texts)} wordings, in {run / 'tokenizer'}")


@app.command()
def autoencoder(
    parts: Parts,
    run: Run = RUN,
    settings: Which = "pocket",
    minutes: Minutes = 9,
    steps: Steps = None,
    compiled: Compiled = False,
) -> None:
    """Train the autoencoder for some minutes, or go on with it."""
    chosen, device = settings_of(settings), legs.device()
    total = steps or chosen.vae_steps
    trainer = Autoencoder(chosen, data.load(parts, device), total, device, compiled)
    _take_up(trainer, "autoencoder", run)
    done = legs.run(trainer, total, run, name="autoencoder", minutes=minutes)
    notes = {"settings": chosen.name, "step": done.step, "scale": trainer.scale()}
    _hand_over(trainer.average, notes, "autoencoder", run, done)


@app.command()
def denoiser(
    parts: Parts,
    run: Run = RUN,
    settings: Which = "pocket",
    minutes: Minutes = 9,
    steps: Steps = None,
    compiled: Compiled = False,
) -> None:
    """Train the text encoder and the UNet for some minutes, or go on with them."""
    chosen, device = settings_of(settings), legs.device()
    total = steps or chosen.steps
    coder = trained_autoencoder(chosen, run, device)
    loaded = data.load(parts, device)
    trainer = Denoiser(chosen, loaded, coder, tokenizer.load(run / "tokenizer"), total, device, compiled)
    _take_up(trainer, "denoiser", run)
    done = legs.run(trainer, total, run, name="denoiser", minutes=minutes)
    notes = {"settings": chosen.name, "step": done.step, "sources": export.sources(loaded.pictures.facts)}
    _hand_over(trainer.average, notes, "denoiser", run, done)


def trained_autoencoder(settings: Settings, run: Path, device: torch.device) -> Any:
    """The run's autoencoder on the device; raise :class:`BadInput` where it is missing or of other settings."""
    weights, notes = legs.from_pieces("autoencoder", run / "pieces")
    if notes["settings"] != settings.name:
        raise BadInput(f"The autoencoder in {run} is of the settings {notes['settings']}, not {settings.name}.")
    return load_autoencoder(settings, weights, notes["scale"]).to(device, memory_format=torch.channels_last)


def _take_up(trainer: Autoencoder | Denoiser, name: str, run: Path) -> None:
    """Where the whole state was lost and pieces are there, go on from these."""
    if (run / f"{name}.state").exists() or not list((run / "pieces").glob(f"{name}-*")):
        return
    weights, notes = legs.from_pieces(name, run / "pieces")
    trainer.take_up(weights, notes["step"])
    print(f"{name}: from the averaged weights of step {notes['step']}, the optimizer new")


def _hand_over(average: Any, notes: dict[str, Any], name: str, run: Path, done: legs.Done) -> None:
    files = legs.to_pieces(average.state_dict(), notes, name, run / "pieces")
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{name}: step {done.step} of {done.steps} after {done.seconds:.0f} s; {len(files)} pieces, {size:.1f} MB")
    print("finished" if done.step >= done.steps else "not finished: run the same command again")


@app.command()
def trial(parts: Parts, run: Run = RUN, settings: Which = "pocket", compiled: Compiled = False) -> None:
    """Do a few steps and say how many minutes the whole run would take on this machine."""
    from training.trial import trial as measure

    chosen, device = settings_of(settings), legs.device()
    measure(chosen, data.load(parts, device), tokenizer.load(run / "tokenizer"), device, compiled)


@app.command(name="export")
def export_model(
    run: Run = RUN,
    out: Annotated[Path, typer.Option(help="The model's folder.")] = Path("build/pocket-model"),
    metrics: Annotated[Path | None, typer.Option(help="Markdown of `evaluate`, for the model card.")] = None,
) -> None:
    """Write the folder in diffusers' layout, with its model card."""
    size = export.export(run, out, metrics.read_text(encoding="utf-8") if metrics else "")
    print(f"{out}: {size / 1e6:.1f} MB")


@app.command()
def evaluate(
    scenes: Annotated[Path, typer.Argument(help="Folder of the scenes: captions.jsonl and its tar shards.")],
    model: Annotated[Path | None, typer.Option(help="An exported model; without it, the yardsticks alone.")] = None,
    each: Annotated[int, typer.Option(help="Pictures painted for each of the 16 scenes.")] = 16,
    out: Annotated[Path, typer.Option(help="Where the table for the model card goes.")] = Path("build/metrics.md"),
) -> None:
    """Measure a model against photographs that it was never trained on."""
    from training import evaluate as measuring

    figures = measuring.evaluate(model, scenes, each)
    if model is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(measuring.markdown(figures) + "\n", encoding="utf-8")


@app.command()
def rehearse(
    parts: Parts,
    run: Annotated[Path, typer.Option(help="Folder for it all; emptied first.")] = Path("build/rehearsal"),
    pictures: Annotated[int, typer.Option(help="Pictures to learn by heart.")] = 32,
) -> None:
    """Rehearse the whole run on the CPU with the toy's sizes, with figures."""
    from training import rehearse as rehearsal

    rehearsal.rehearse(data.load(parts), run, settings_of("toy"), pictures)


@app.command()
def budget(
    settings: Which = "pocket",
    seconds: Annotated[bool, typer.Option(help="Also measure seconds of the untrained networks here.")] = True,
) -> None:
    """Print sizes, arithmetic and, of untrained networks of that size, seconds on this machine."""
    from training.budget import report

    report(settings_of(settings), seconds)


def main() -> None:
    """Run the command line; what people did wrong is said in one sentence."""
    try:
        app()
    except StudioError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
