"""The application, its commands, and how a process that runs it ends."""

__all__ = ["app", "main"]

import contextlib
import io
import os
import sys
import traceback
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from qgan.cli.comparing import compare
from qgan.cli.hardware import cancel, collect, jobs, plan, submit
from qgan.cli.listings import backends, circuits, recipes
from qgan.cli.options import say
from qgan.cli.reporting import report
from qgan.cli.results import evaluate, runs, sample, track
from qgan.cli.training import train
from qgan.errors import QganError, ResourceError
from qgan.redaction import redacted

app = typer.Typer(
    name="qgan",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Train quantum GANs, and their classical baselines, in one loop. Start with: [bold]qgan train[/bold]",
)
for command in (train, compare, report, sample, evaluate, runs, track, recipes, circuits, backends):
    app.command()(command)
for command in (plan, submit, jobs, collect, cancel):
    app.command(rich_help_panel="Quantum computers")(command)


def main() -> None:
    """The entry point: one message and an exit code for every mistake, and no traceback."""
    _prepare_streams()
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except TyperException as error:
        show = getattr(error, "show", None)
        show() if show else say(f"Error: {error}")
        sys.exit(2)
    except BrokenPipeError:
        _leave_broken_pipe()
    except SystemExit as leaving:
        # Typer and Rich end a broken pipe with 1.
        if isinstance(leaving.__context__, BrokenPipeError):
            _leave_broken_pipe()
        raise
    except KeyboardInterrupt:
        say("Stopped.")
        sys.exit(130)
    except QganError as error:
        say(f"Error: {error}")
        sys.exit(error.exit_code)
    except (OSError, MemoryError) as error:
        cause = ResourceError(str(error) or type(error).__name__, cure="Check space, memory and permissions there")
        say(f"Error: {cause}")
        sys.exit(ResourceError.exit_code)
    except Exception:
        # A mistake of ours: all that is known of it, but for tokens.
        say(redacted(traceback.format_exc()))
        sys.exit(1)


def _prepare_streams() -> None:
    """A closed stream is written to in vain, and a character that a terminal cannot show becomes a question mark."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _leave_broken_pipe() -> NoReturn:
    """Whoever read our output has gone; nothing more can be said to them."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(141)
