"""`restyle demo`: the whole product without token, GPU or download."""

import asyncio
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bot.errors import RestyleError, SettingsError
from bot.log import configure_logging
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.demo.world import World

SIMULATION = "simcord"

console = Console(highlight=False, soft_wrap=True)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for pictures and transcript.")] = Path(
        "demo-out"
    ),
    *,
    script: Annotated[
        bool | None,
        typer.Option("--script/--no-script", help="Play the scripted part only, or leave it out."),
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the page.")] = None,
) -> None:
    """Play a scripted round trip, then serve a local page to try it by hand."""
    if find_spec(SIMULATION) is None:
        raise RestyleError("The demo needs more packages: install the extras `engine` and `demo`.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"The folder {out} cannot be made: {error.strerror}.") from error
    asyncio.run(_demo(out, script=script, port=port))


async def _demo(out: Path, *, script: bool | None, port: int | None) -> None:
    # Not at the top: the other commands need no simulated Discord.
    from bot.demo.world import demo_settings

    # A simulated Discord knows no commands and members of an earlier one, nor may its database.
    with tempfile.TemporaryDirectory(prefix="restyle-demo-") as data_dir:
        await _play(out, demo_settings(Path(data_dir)), script=script, port=port)
    console.print("Done." if script else "Stopped.")


async def _play(out: Path, settings: Settings, *, script: bool | None, port: int | None) -> None:
    from bot.application import Application
    from bot.demo.page import serve_page
    from bot.demo.world import demo_world

    configure_logging(settings.model_copy(update={"log_level": "WARNING"}))
    console.print("Starting the bot, the engine and a simulated Discord …")
    async with demo_world(Application(settings)) as world:
        if script is not False:
            await _play_script(world, out)
        if script:
            return

        def announce(url: str) -> None:
            console.print(f"\nTry it yourself: [bold]{url}[/bold]\nCtrl-C ends it.")

        await serve_page(world, port=port, announce=announce)


async def _play_script(world: "World", out: Path) -> None:
    from bot.demo.script import run_script
    from bot.demo.sheet import contact_sheet

    console.print("Playing /restyle, Vary subtle, Reroll and Remix …")
    shown = await run_script(world, out)
    sheet = out / "contact-sheet.png"
    contact_sheet(shown, sheet)
    for one in shown:
        console.print(f"  {one.path}  [dim]{one.title}[/dim]")
    console.print(f"  {out / 'transcript.json'}\n  {sheet}")
