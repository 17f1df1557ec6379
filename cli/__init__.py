"""The command line: ``python main.py COMMAND``. Whatever any front end can set, a flag here can set.

Exit codes: 0 done, 1 a clear error in one sentence, 2 wrong usage, 130 interrupted. Heavy libraries load inside the
commands, so that ``--help`` is there at once.
"""

from __future__ import annotations

import logging
import signal
import sys
from typing import Annotated, NoReturn

import typer

from cli import machine, pictures
from cli.mask import CommandInOrder
from errors import StudioError
from recipe import tasks

__all__ = ["app", "call", "run"]

app = typer.Typer(
    help="Backdrop: a photo in, its subject in a new place out, exactly.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
models = typer.Typer(help="List the models, fetch them, or remove them.", invoke_without_command=True)
app.add_typer(models, name="models")

app.command("mask", cls=CommandInOrder)(pictures.mask)
for name, task in tasks().items():
    app.command(name, cls=CommandInOrder if task.has_subject else None)(pictures.command_of(task))
app.command("replay")(pictures.replay)
app.command("scenes")(machine.scenes_command)
app.command("doctor")(machine.doctor)
app.command("clean")(machine.clean)
models.callback()(machine.list_models)
models.command("pull")(machine.pull)
models.command("remove")(machine.remove)


@app.callback()
def _options(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say where files come from.")] = False,
) -> None:
    logging.basicConfig(format="%(message)s", level=logging.INFO if verbose else logging.WARNING)


def call(arguments: list[str] | None = None) -> int:
    """Carry out one command line and return its exit code; a person's errors are one sentence, ours a traceback."""
    try:
        app(sys.argv[1:] if arguments is None else arguments)
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
