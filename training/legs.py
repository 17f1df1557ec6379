"""Training in legs: stop at a deadline, go on exactly there, hand results over in small pieces.

All chance is a function of the seed and the step's number, so a run that was stopped and taken up again is, bit for
bit, the run that was not. The whole state (weights, averages, optimizers) lies in one file on the machine that trains;
what leaves it are the averaged weights in float16, in pieces. Taken up from pieces alone, the optimizers begin anew
behind a warm-up, and the run is no longer the same one.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from errors import BadInput

PIECE = 15_000_000  # bytes of a piece at most
ASIDE = 50  # steps between two lines of the log


class Trainer(Protocol):
    """What can be trained in legs. ``begun`` is the step at which its optimizers were new."""

    begun: int

    def step(self, number: int) -> Mapping[str, Tensor]:
        """Do a step; return scalars for the log."""
        ...

    def state(self) -> dict[str, Any]:
        """Everything a later leg needs besides the step's number."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Take up such a state."""
        ...


@dataclass(frozen=True)
class Done:
    """How far a leg came: steps done in all, of how many, seconds of this leg, the log's last line."""

    step: int
    steps: int
    seconds: float
    last: dict[str, float]


def run(
    trainer: Trainer,
    steps: int,
    folder: Path,
    *,
    name: str,
    minutes: float = float("inf"),
    say: Callable[[str], None] = print,
) -> Done:
    """Train to ``steps`` or until the minutes are over, whichever is first, and save the whole state.

    Args:
        trainer: what is trained.
        steps: steps in all, those of earlier legs included.
        folder: where ``NAME.state`` and ``NAME.log.jsonl`` lie.
        name: of the two files.
        minutes: of this leg, the saving not included.
        say: is told every line of the log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.state"
    step = trainer.begun
    if file.exists():
        saved = torch.load(file, map_location="cpu", weights_only=True)
        step = int(saved["step"])
        trainer.restore(saved["trainer"])
    started = time.monotonic()
    sums: dict[str, Tensor] = {}
    counted = 0
    last: dict[str, float] = {}
    with (folder / f"{name}.log.jsonl").open("a", encoding="utf-8") as log:
        while step < steps and time.monotonic() - started < 60 * minutes:
            for key, value in trainer.step(step).items():
                sums[key] = sums[key] + value.detach() if key in sums else value.detach()
            step, counted = step + 1, counted + 1
            if step % ASIDE == 0 or step == steps:
                last = {key: round(float(value) / counted, 5) for key, value in sums.items()}
                line = {"step": step, "seconds": round(time.monotonic() - started, 1), **last}
                log.write(json.dumps(line) + "\n")
                log.flush()
                say(f"{name} {json.dumps(line)}")
                sums, counted = {}, 0
    seconds = time.monotonic() - started
    write_state({"step": step, "trainer": trainer.state()}, file)
    return Done(step, steps, seconds, last)


def write_state(state: dict[str, Any], file: Path) -> None:
    """Write a state whole or not at all."""
    part = file.with_name(f"{file.name}.part")
    torch.save(state, part)
    os.replace(part, file)


def rate(step: int, begun: int, steps: int, warm_up: int) -> float:
    """The learning rate as a share of the highest: up over the warm-up, down to nothing over the last fifth.

    Args:
        step: the step that is about to be done, from 0.
        begun: the step at which the optimizers were new.
        steps: steps in all.
        warm_up: steps until the highest rate.
    """
    return min(1.0, (step - begun + 1) / warm_up, max(0.0, (steps - step) / (0.2 * steps)))


def set_rate(optimizer: torch.optim.Optimizer, value: float) -> None:
    """Set every group's learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = value


@torch.no_grad()
def follow(average: nn.Module, module: nn.Module, step: int, decay: float) -> None:
    """Move an average of a module's weights on; at first it follows quickly, so that it forgets the start."""
    keep = min(decay, (1 + step) / (10 + step))
    mine: list[Tensor] = list(average.parameters())
    theirs: list[Tensor] = list(module.parameters())
    torch._foreach_lerp_(mine, theirs, 1 - keep)


def chance(seed: int, step: int, purpose: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator that depends on these alone."""
    generator = torch.Generator(device)
    generator.manual_seed((seed * 1_000_003 + step) * 16 + purpose)
    return generator


def to_pieces(weights: Mapping[str, Tensor], notes: Mapping[str, Any], name: str, folder: Path) -> list[Path]:
    """Write tensors in float16 as ``NAME-1-of-N.safetensors`` of at most :data:`PIECE` bytes each; return the files."""
    from safetensors.torch import save_file

    small = {key: value.detach().to("cpu", torch.float16).contiguous() for key, value in weights.items()}
    groups: list[dict[str, Tensor]] = [{}]
    room = PIECE - 100_000  # for the header
    for key, value in small.items():
        if room < 2 * value.numel() and groups[-1]:
            groups.append({})
            room = PIECE - 100_000
        groups[-1][key] = value
        room -= 2 * value.numel()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{name}-*-of-*.safetensors"):
        old.unlink()
    files = []
    for number, group in enumerate(groups, 1):
        file = folder / f"{name}-{number}-of-{len(groups)}.safetensors"
        part = file.with_name(f"{file.name}.part")
        save_file(group, part, metadata={"notes": json.dumps(dict(notes))})
        os.replace(part, file)
        files.append(file)
    return files


def from_pieces(name: str, folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What :func:`to_pieces` wrote: tensors in float32, and the notes.

    Raises:
        BadInput: there are none, or some are missing.
    """
    from safetensors import safe_open

    files = sorted(folder.glob(f"{name}-*-of-*.safetensors"))
    if not files:
        raise BadInput(f"There are no pieces {name}-*.safetensors in {folder}; run `python -m training {name}` first.")
    count = int(files[0].stem.rsplit("-", 1)[1])
    if len(files) != count:
        raise BadInput(f"{folder} holds {len(files)} of the {count} pieces of {name}; bring them all.")
    weights: dict[str, Tensor] = {}
    notes: dict[str, Any] = {}
    for file in files:
        with safe_open(file, framework="pt") as opened:
            notes = json.loads((opened.metadata() or {}).get("notes", "{}"))
            weights |= {key: opened.get_tensor(key).float() for key in opened.keys()}  # noqa: SIM118
    return weights, notes


def device() -> torch.device:
    """The GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 on a GPU; on a CPU nothing, so that rehearsals are exact."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")
