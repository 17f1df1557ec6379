"""What a training machine is sent: photographs, rendered scenes, cut-outs and the perceptual net, as few tar files.

A pack holds nothing of the hold-out. Every part is whole in itself: an ``index.jsonl`` beside its pictures.
"""

from __future__ import annotations

import io
import json
import os
import random
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from errors import BadInput
from training import synthetic
from training.data import LARGEST, LICENCES, opened
from training.perceptual import packed_weights

CUT_OUT_SIDE = 160  # pixels, longer side of a packed cut-out
QUALITIES = (95, 90, 85, 80, 75, 70, 60, 50, 40, 30)  # of WebP, from best to worst


@dataclass(frozen=True)
class Photograph:
    """A picture of the shards: its WebP bytes and its line of ``captions.jsonl``."""

    name: str
    data: bytes
    facts: dict[str, Any]

    @property
    def held_out(self) -> bool:
        """Whether it is kept for evaluation: its digest, which names the file, ends in 0."""
        return self.name.endswith("0")


def photographs(folder: Path, licences: Sequence[str] = LICENCES) -> Iterator[Photograph]:
    """The pictures of a folder of shards, in the captions' order of shards, the hold-out included.

    Args:
        folder: with ``captions.jsonl`` and the tar shards that it names.
        licences: licence groups to read.

    Raises:
        BadInput: no such folder or licence group, or a shard that cannot be read.
    """
    for licence in licences:
        if licence not in LICENCES:
            raise BadInput(f"There is no licence group {licence!r}; choose of {', '.join(LICENCES)}.")
    try:
        lines = [json.loads(line) for line in (folder / "captions.jsonl").read_text(encoding="utf-8").splitlines()]
        wanted = {line["file"]: line for line in lines if line["licence_group"] in licences}
        for shard in dict.fromkeys(line["shard"] for line in wanted.values()):
            with tarfile.open(folder / shard) as tar:
                for member in tar:
                    facts = wanted.get(f"{shard}/{member.name}")
                    stream = tar.extractfile(member) if facts else None
                    if stream and facts:
                        yield Photograph(Path(member.name).stem, stream.read(), facts)
    except (OSError, ValueError, KeyError, tarfile.TarError) as error:
        raise BadInput(f"The photographs in {folder} cannot be read: {error}.") from error


def webp(image: Image.Image, quality: int) -> bytes:
    """An image as WebP, its transparency included."""
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality, method=5, alpha_quality=90)
    return out.getvalue()


def cut_outs(folders: Sequence[Path]) -> Iterator[bytes]:
    """Things with a silhouette, RGBA WebP of at most ``CUT_OUT_SIDE``, from two kinds of folder.

    PNG files with transparency are cut-outs as they are. ``X_image.*`` beside ``X_mask.png`` or ``X_alpha.png`` are cut
    out by it.
    """
    for folder in folders:
        if not folder.is_dir():
            raise BadInput(f"There is no folder {folder} of cut-outs.")
        for path in sorted(folder.rglob("*")):
            image = _cut_out(path)
            if image is not None:
                yield webp(image, 80)


def _cut_out(path: Path) -> Image.Image | None:
    if path.stem.endswith("_image"):
        stem = path.with_name(path.stem.removesuffix("_image"))
        masks = [Path(f"{stem}_{kind}.png") for kind in ("alpha", "mask")]
        mask = next((mask for mask in masks if mask.exists()), None)
        if mask is None:
            return None
        image = opened(path.read_bytes())
        alpha = opened(mask.read_bytes(), "L")
        if alpha.size != image.size:
            return None
        image.putalpha(alpha)
    elif path.suffix == ".png" and not path.stem.endswith(("_mask", "_alpha", "_labels")):
        with Image.open(path) as probe:
            if probe.mode not in ("RGBA", "LA") or probe.width * probe.height > LARGEST:
                return None
        image = opened(path.read_bytes(), "RGBA")
    else:
        return None
    box = image.getchannel("A").point(lambda value: 255 if value > 127 else 0).getbbox()
    if box is None or (box[2] - box[0]) * (box[3] - box[1]) < 32 * 32:
        return None
    image = image.crop(box)
    coverage = float((np.asarray(image.getchannel("A")) > 127).mean())
    if not 0.1 < coverage < 0.97:  # a frame's worth of strokes, or a picture without a silhouette
        return None
    image.thumbnail((CUT_OUT_SIDE, CUT_OUT_SIDE))
    return image


@dataclass
class Packed:
    """What a pack came to: bytes of each part, pictures of each kind, quality, and the recompression's PSNR in dB."""

    parts: list[int]
    photographs: int
    rendered: int
    cut_outs: int
    quality: int
    psnr: float


def pack(
    scenes: Path,
    out: Path,
    *,
    licences: Sequence[str] = LICENCES,
    cut_out_folders: Sequence[Path] = (),
    perceptual: Path | None = None,
    rendered: int = 4000,
    parts: int = 1,
    megabytes: float = 50,
    processes: int = 2,
) -> Packed:
    """Write ``out/part-1.tar`` and so on, each of at most ``megabytes``.

    The photographs are recompressed at the best quality at which everything fits.

    Raises:
        BadInput: what it is made from cannot be read, or does not fit at any quality.
    """
    entries = [photo for photo in photographs(scenes, licences) if not photo.held_out]
    if not entries:
        raise BadInput(f"{scenes} holds no photograph to train on.")
    things = list(cut_outs(cut_out_folders))
    net = packed_weights(perceptual) if perceptual else b""
    with ProcessPoolExecutor(processes) as pool:
        plans = synthetic.plans(rendered, seed=1)
        drawn = list(pool.map(_rendered, plans, chunksize=32))
        room = parts * megabytes * 1e6 - sum(map(len, things)) - len(net) - sum(len(data) for data, _ in drawn)
        room -= 1700 * (len(entries) + len(drawn)) + 1024 * len(things)  # tar's blocks and the index
        sample = entries[:: max(1, len(entries) // 160)]
        quality = _quality(sample, room / len(entries) * len(sample))
        work = [(entry.data, quality) for entry in entries]
        small = list(pool.map(_recompressed, work, chunksize=64))
    rows = [("photos", entry.name, data, entry.facts) for entry, data in zip(entries, small, strict=True)] + [
        ("rendered", f"{number:05}", data, facts) for number, (data, facts) in enumerate(drawn)
    ]
    random.Random(0).shuffle(rows)
    sizes = []
    out.mkdir(parents=True, exist_ok=True)
    for number in range(parts):
        extra = [("cut-outs", f"{at:05}.webp", data) for at, data in enumerate(things)][number::parts]
        if number == 0 and net:
            extra.append(("nets", "perceptual.safetensors", net))
        sizes.append(_write(out / f"part-{number + 1}.tar", rows[number::parts], extra))
    if max(sizes) > megabytes * 1e6:
        raise BadInput(f"The pack came to {max(sizes) / 1e6:.1f} MB a part; allow more megabytes or more parts.")
    return Packed(sizes, len(entries), len(drawn), len(things), quality, _psnr(sample, quality))


def _rendered(plan: synthetic.Plan) -> tuple[bytes, dict[str, Any]]:
    cv2.setNumThreads(1)
    return webp(Image.fromarray(synthetic.draw(plan)), 82), synthetic.facts(plan)


def _recompressed(work: tuple[bytes, int]) -> bytes:
    data, quality = work
    again = webp(opened(data), quality)
    return again if len(again) < len(data) else data


def _quality(sample: list[Photograph], room: float) -> int:
    """The best quality at which the sample takes at most ``room`` bytes, with 2 % to spare."""
    for quality in QUALITIES:
        if sum(len(_recompressed((entry.data, quality))) for entry in sample) < 0.98 * room:
            return quality
    raise BadInput("The photographs do not fit at any quality; allow more megabytes or more parts.")


def _psnr(sample: list[Photograph], quality: int) -> float:
    """Mean PSNR in dB of recompressed photographs against those of the shards; those left as they are not counted."""
    values = []
    for entry in sample:
        data = _recompressed((entry.data, quality))
        if data is not entry.data:
            error = np.asarray(opened(entry.data), np.float32) - np.asarray(opened(data), np.float32)
            values.append(10 * np.log10(255**2 / max(1e-9, float((error**2).mean()))))
    return float(np.mean(values)) if values else float("inf")


def _write(path: Path, rows: Iterable[tuple[str, str, bytes, dict[str, Any]]], extra: Any) -> int:
    part = path.with_name(f"{path.name}.part")
    index = []
    with tarfile.open(part, "w") as tar:
        for kind, name, data, facts in rows:
            file = f"{kind}/{name}.webp"
            index.append(json.dumps({"file": file, **_kept(facts)}, ensure_ascii=False))
            _add(tar, file, data)
        for kind, name, data in extra:
            _add(tar, f"{kind}/{name}", data)
        _add(tar, "index.jsonl", "\n".join(index).encode())
    os.replace(part, path)
    return path.stat().st_size


KEPT = ("caption", "label", "source", "licence", "licence_group", "colours", "temperature", "brightness", "blurred")
"""What the index says of a picture."""


def _kept(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: facts[key] for key in KEPT if key in facts}


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))
