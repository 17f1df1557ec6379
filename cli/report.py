"""What commands say: how far the work has come, what was written, and a report as text or JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from errors import BadInput

if TYPE_CHECKING:
    from main import Progress, Result


class Writer:
    """Writes every picture as soon as it is finished, and reports on them all at the end.

    Args:
        outputs: where the pictures go, in their order.
        kind: the files' type.
        layers: where the layers of each picture go: a folder, or a file that ends in .ora.
        strict: a picture that fails a check goes to ``OUT-failed.png`` instead.
        ranked: within a ``with`` block, write at its end, what is finished, the subject that grew least first.
    """

    def __init__(
        self, outputs: list[Path], kind: str, layers: Path | None = None, strict: bool = False, ranked: bool = False
    ) -> None:
        self._outputs, self._kind, self._layers, self._strict = outputs, kind, layers, strict
        self._held: list[Result] | None = [] if ranked else None
        self.failures: list[str] = []
        self._reports: list[dict[str, Any]] = []

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        from masks.expansion import rank

        held, self._held = self._held or [], None
        for result in sorted(held, key=lambda result: rank(result.report["checks"].get("expansion"))):
            self(result)

    def __call__(self, result: Result) -> None:
        if self._held is not None:
            self._held.append(result)
            return
        from imaging import checks, files
        from masks.doubt import LIKELY_WRONG

        output = self._outputs[len(self._reports)]
        failed = (
            checks.failed(result.report["checks"], result.report.get("doubt"), LIKELY_WRONG) if self._strict else ()
        )
        if failed:
            output = output.with_name(f"{output.stem}-failed{output.suffix}")
            self.failures += [f"{output}: {sentence}" for sentence in failed]
        files.write(output, result.encode(self._kind))
        written = [str(output), *self._write_layers(result, output.stem)]
        self._reports.append({"images": written, **result.report})

    def _write_layers(self, result: Result, stem: str) -> list[str]:
        """The layers as one OpenRaster file or as PNGs in a folder; their paths."""
        from imaging import files

        if self._layers is None or result.layers is None:
            return []
        layers = result.layers()
        if self._layers.suffix == ".ora":
            path = self._layers
            if len(self._outputs) > 1:
                path = path.with_name(f"{path.stem}-{len(self._reports) + 1}.ora")
            files.write(path, layers.openraster())
            return [str(path)]
        try:
            self._layers.mkdir(exist_ok=True)
        except OSError as error:
            raise BadInput(f"{self._layers} cannot be made a folder: {error.strerror}.") from error
        paths = []
        for name, data in layers.pngs().items():
            paths.append(self._layers / f"{stem}-{name}.png")
            files.write(paths[-1], data)
        return [str(path) for path in paths]

    def report(self, as_json: bool) -> None:
        """Report on what was written; as JSON one report, or a list of them where there are several pictures."""
        reports = self._reports
        if as_json and len(reports) > 1:
            typer.echo(json.dumps(reports, indent=2))
            return
        for report in reports:
            width, height = report["size"]
            kept = report["checks"].get("protected_share")
            summary = f"{width} x {height} pixels, seed {report['seed']}"
            if kept is not None:
                whose = "of the resampled subject" if report["checks"].get("resampled") else "of the subject"
                summary = f"{kept:.1%} {whose} kept exactly, 0 of its pixels changed"
                summary += f", seed {report['seed']}" if len(reports) > 1 else ""
            print_report(report, as_json, f"{report['images'][0]}: {summary}")


def print_report(report: dict[str, Any], as_json: bool, line: str) -> None:
    for note in report["notes"]:
        typer.echo(note, err=True)
    typer.echo(json.dumps(report, indent=2) if as_json else f"{line} ({report['seconds']} s)")


class BytesLine:
    """Says on a terminal how much has arrived, on one line that is gone when it is done."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> BytesLine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            typer.echo("\r\033[K", err=True, nl=False)

    def __call__(self, done: int, total: int) -> None:
        if self._shown:
            typer.echo(f"\r\033[K{done / 1e6:.1f} of {total / 1e6:.1f} MB", err=True, nl=False)


class ProgressLine:
    """Says on a terminal how far the work has come, on one line that is gone when it is done."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._steps = 0
        self._since = 0.0

    def __enter__(self) -> ProgressLine:
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
