"""Rehearse the whole run on a CPU with the toy: learn a few pictures by heart, stop and resume, export, paint, load."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from errors import BadInput
from training import captions, export, legs, tokenizer
from training.autoencoder import Autoencoder
from training.autoencoder import load as load_autoencoder
from training.config import Settings
from training.data import Pack, Pictures
from training.denoiser import Denoiser

EXACT = 4  # steps that are trained without and with a stop in the middle


def few(pack: Pack, count: int, side: int) -> Pack:
    """The first ``count`` pictures with captions of their own, centre crops of ``side`` pixels; all cut-outs.

    Raises:
        BadInput: there are fewer.
    """
    chosen = list({str(fact["caption"]): at for at, fact in reversed(list(enumerate(pack.pictures.facts)))}.values())
    which = torch.tensor(sorted(chosen)[:count])
    if len(which) < count:
        raise BadInput(f"The pack holds {len(which)} captions; {count} are wanted.")
    sizes = pack.pictures.sizes[which].float()
    least = sizes.amin(1)
    boxes = torch.stack([(sizes[:, 0] - least) / 2, (sizes[:, 1] - least) / 2, least, least], 1)
    seen = pack.pictures.crop(which, boxes, 4 * side, 4 * side)
    small = torch.nn.functional.interpolate(seen, size=(side, side), mode="area")
    images = [np.asarray(image) for image in (small * 255).round().byte().permute(0, 2, 3, 1)]
    return Pack(Pictures.of(images, [pack.pictures.facts[at] for at in which.tolist()]), pack.things, pack.perceptual)


def rehearse(
    pack: Pack, run: Path, settings: Settings, count: int = 32, say: Callable[[str], None] = print
) -> dict[str, float]:
    """Do the whole run with ``count`` pictures in the folder ``run``, which is emptied first; return the figures.

    Returns:
        ``decoded``: mean absolute error of the autoencoder, of 255; ``loss_begun`` and ``loss``: the denoiser's, at its
        first and over its last steps; ``recalled``: the share of captions whose painted picture is nearer to their own
        picture than to any other; ``kept``: mean absolute error where a picture's left half was kept, of 255, and
        ``repainted``: in its right half.

    Raises:
        BadInput: there are too few pictures, or a resumed run differs from one that was not stopped.
    """
    if run.exists():
        shutil.rmtree(run)
    few_pack = few(pack, count, settings.side)
    device = torch.device("cpu")
    texts = [text for at, fact in enumerate(few_pack.pictures.facts) for text in captions.every_wording(fact, at)]
    tokenizer.save(*tokenizer.learn(texts, settings.vocabulary), settings.words, run / "tokenizer")
    words = tokenizer.load(run / "tokenizer")
    figures: dict[str, float] = {}

    def coder() -> Autoencoder:
        return Autoencoder(settings, few_pack, settings.vae_steps, device)

    _exactly(coder, run / "exact", "autoencoder", say)
    first = coder()
    legs.run(first, settings.vae_steps, run, name="autoencoder", say=say)
    notes: dict[str, Any] = {"settings": settings.name, "step": settings.vae_steps, "scale": first.scale()}
    legs.to_pieces(first.average.state_dict(), notes, "autoencoder", run / "pieces")
    weights, read = legs.from_pieces("autoencoder", run / "pieces")
    vae = load_autoencoder(settings, weights, read["scale"])
    pictures = _pictures(few_pack)
    with torch.no_grad():
        made = vae.decode(vae.encode(pictures * 2 - 1).latents).sample / 2 + 0.5
    figures["decoded"] = float((made.clamp(0, 1) - pictures).abs().mean() * 255)
    say(f"autoencoder: mean error {figures['decoded']:.1f} of 255; latents times {read['scale']:.3f}")

    def painter() -> Denoiser:
        return Denoiser(settings, few_pack, vae, words, settings.steps, device)

    _exactly(painter, run / "exact", "denoiser", say)
    second = painter()
    figures["loss_begun"] = float(painter().step(0)["loss"])
    figures["loss"] = legs.run(second, settings.steps, run, name="denoiser", say=say).last["loss"]
    notes = {"settings": settings.name, "step": settings.steps, "sources": export.sources(few_pack.pictures.facts)}
    legs.to_pieces(second.average.state_dict(), notes, "denoiser", run / "pieces")
    size = export.export(run, run / "model")
    say(f"model: {size / 1e6:.1f} MB in {run / 'model'}")
    figures |= paint(run / "model", few_pack, run, settings.side)
    say(", ".join(f"{name} {value:.3f}" for name, value in figures.items()))
    return figures


def _pictures(pack: Pack) -> Tensor:
    """All pictures of a pack of squares, ``(N, 3, side, side)`` in 0..1."""
    sizes = pack.pictures.sizes
    side = int(sizes[0, 0])
    boxes = torch.cat([torch.zeros_like(sizes), sizes], 1).float()
    return pack.pictures.crop(torch.arange(len(pack.pictures)), boxes, side, side)


def _exactly(make: Callable[[], Any], folder: Path, name: str, say: Callable[[str], None]) -> None:
    """Train a few steps at one go, and with a stop half-way; refuse any difference in any bit."""

    def quiet(line: str) -> None:
        """The log of these steps interests nobody."""

    for where, stops in (("one", (EXACT,)), ("two", (EXACT // 2, EXACT))):
        for stop in stops:
            legs.run(make(), stop, folder / where, name=name, say=quiet)
    one, two = (torch.load(folder / where / f"{name}.state", weights_only=True) for where in ("one", "two"))
    if not _same(one, two):
        raise BadInput(f"The {name} that was stopped and resumed differs from the one that was not.")
    say(f"{name}: {EXACT} steps with a stop after {EXACT // 2} are, bit for bit, those without")


def _same(one: Any, two: Any) -> bool:
    if isinstance(one, Tensor):
        return torch.equal(one, two)
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(_same(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(_same, one, two))
    return bool(one == two)


def paint(model: Path, pack: Pack, out: Path, side: int) -> dict[str, float]:
    """Paint every caption with the exported model, and every picture's right half; write both as contact sheets."""
    import diffusers

    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    pipe = diffusers.StableDiffusionInpaintPipeline.from_pretrained(model, safety_checker=None, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    pictures = _pictures(pack)
    given = [Image.fromarray(np.asarray((each * 255).round().byte().permute(1, 2, 0))) for each in pictures]
    prompts = [str(fact["caption"]) for fact in pack.pictures.facts]
    whole = Image.new("L", (side, side), 255)
    half = Image.new("L", (side, side), 0)
    half.paste(255, (side // 2, 0, side, side))

    def painted(image: list[Image.Image], mask: Image.Image) -> Tensor:
        made = pipe(
            prompts,
            image,
            [mask] * len(prompts),
            width=side,
            height=side,
            strength=1.0,
            guidance_scale=2.0,
            num_inference_steps=20,
            generator=torch.Generator().manual_seed(0),
            output_type="pt",
        ).images
        return made.float().cpu()

    created = painted([Image.new("RGB", (side, side), (128, 128, 128))] * len(prompts), whole)
    halves = painted(given, half)
    for name, made in (("created", created), ("halves", halves)):
        rows = torch.cat([pictures, made], 2)  # the picture above what was painted
        sheet = rows.reshape(-1, 8, 3, 2 * side, side) if len(rows) % 8 == 0 else rows[None]
        joined = sheet.permute(0, 3, 1, 4, 2).reshape(-1, sheet.shape[1] * side, 3)
        Image.fromarray(np.asarray((joined * 255).round().byte())).save(out / f"{name}.png")
    distances = torch.cdist(created.flatten(1), pictures.flatten(1))
    error = (halves - pictures).abs()
    return {
        "recalled": float((distances.argmin(1) == torch.arange(len(pictures))).float().mean()),
        "kept": float(error[..., : side // 2].mean() * 255),
        "repainted": float(error[..., side // 2 :].mean() * 255),
    }
