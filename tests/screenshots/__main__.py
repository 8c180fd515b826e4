"""Plays conversations with the real bot, and keeps a picture of each kind of message and form."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.application import Application
from bot.demo.world import demo_world
from bot.log import configure_logging
from tests.bot.stage import settings_in
from tests.screenshots import scenes
from tests.screenshots.album import album_of
from tests.screenshots.player import Player, set_up
from tests.screenshots.sketch_engine import SketchEngine


@asynccontextmanager
async def playing(folder: Path, executable: str, **changes: Any) -> AsyncIterator[Player]:
    """A player in a world of its own, whose pictures go into ``folder``."""
    with tempfile.TemporaryDirectory(prefix="restyle-screenshots-") as data:
        settings = settings_in(Path(data), **changes)
        configure_logging(settings.model_copy(update={"log_level": "ERROR"}))
        engine = SketchEngine(slots=1)
        async with demo_world(Application(settings, engine=engine)) as world:
            # Before the page is open: it takes what happens behind its back for its own failing.
            await set_up(world)
            async with album_of(world, folder, executable) as album:
                yield Player(world, engine, album)


async def play(folder: Path, executable: str) -> list[str]:
    """Take all pictures; their names."""
    async with playing(folder, executable, daily_quota=40) as player:
        result = await scenes.waiting(player)
        await scenes.forms(player, result)
        await scenes.going_on(player, result)
        await scenes.moderating(player, result)
        await scenes.endings(player)
        await scenes.seeing(player)
    async with playing(folder, executable, **scenes.DOUBTING) as doubting:
        await scenes.doubting(doubting)
    return player.album.taken + doubting.album.taken


def main() -> None:
    """Take them all into the folder that is named."""
    executable = shutil.which("chromium")
    if executable is None:
        sys.exit("There is no Chromium here: apt-get install chromium, or the like.")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    taken = {folder / f"{name}.webp" for name in asyncio.run(play(folder, executable))}
    # What is no longer played is no longer true.
    for left_over in set(folder.glob("*.webp")) - taken:
        left_over.unlink()
    for path in sorted(taken):
        print(path)


if __name__ == "__main__":
    main()
