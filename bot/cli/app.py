"""The `restyle` command: its subcommands, and the one place where errors become a sentence."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from typer.exceptions import TyperException

from bot.cli.loading import LoadingGroup
from bot.errors import RestyleError
from engine.errors import EngineError
from storage.errors import StorageError

BAD_INPUT = 2
INTERRUPTED = 130

app = typer.Typer(
    name="restyle",
    cls=LoadingGroup,
    help="A self-hosted Discord bot for image-to-image.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("restyle-bot"))
        raise typer.Exit


@app.callback()
def restyle(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """A self-hosted Discord bot for image-to-image."""


def main() -> None:
    """Run the command line; bad input is one sentence on stderr and exit code 2."""
    try:
        status = app(standalone_mode=False)
    except TyperException as error:
        _fail(error.format_message())
    except (RestyleError, EngineError, StorageError) as error:
        _fail(str(error))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    sys.exit(status if isinstance(status, int) else 0)


def _fail(sentence: str) -> None:
    # A command without arguments has printed its help and leaves nothing to say.
    if sentence:
        typer.echo(f"restyle: {sentence}", err=True)
    sys.exit(BAD_INPUT)
