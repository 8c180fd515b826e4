"""Forty members who ask for pictures, and ask again when nobody answered."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from tests.chaos.mischief import dealt
from tests.wire import Interaction, Member, Message, Upload
from tests.wire.books import Books
from tests.wire.cdn import How
from tests.wire.discord import shows_result
from tests.wire.scene import Scene, photo

# Longer than a restart with a few jobs to catch up on.
PATIENCE_S = 45.0
UNANSWERED_S = 4.0
# Whoever got a picture asks on at once, whoever got none waits a little.
PAUSE_S = 1.0
PAUSE_AFTER_NOTHING_S = 5.0
# What the bot of a run takes, and how long it waits for it.
MOST_BYTES = 1_000_000
DOWNLOAD_S = 3.0
LARGER: Literal["larger"] = "larger"
# Of the photos, five in thirty cannot be had.
Way = How | Literal["larger"]
BAD_DOWNLOADS: tuple[Way, ...] = ("cut", "gone", "error", "slow", LARGER)
GOOD_DOWNLOAD: Way = "whole"
DOWNLOADS = (*[GOOD_DOWNLOAD] * 25, *BAD_DOWNLOADS)
GOING_ON = ("vary_subtle", "vary_strong", "reroll")
GOING_ON_FROM_SEVERAL = ("v1", "v2", "reroll_all")
# Pictures asked for at once.
COUNTS = (1, 1, 1, 1, 1, 1, 2, 3, 4)
MOST_AT_ONCE = max(COUNTS)
CANCEL_WORD = "cancel"
# Of those who wait, so many press Cancel.
CANCELS = 0.12
# What is noted of how members asked, beside single pictures.
GALLERY, CANCEL = "several at once", "cancelled"


@dataclass
class Crowd:
    """Asks until so many jobs were taken in, each member for one picture at a time.

    Attributes:
        wanted: Jobs in the end.
        asked: Interactions that were sent.
        downloads: How often a photo was there to be fetched in each way.
        wishes: How often members asked for several pictures at once, and how often they cancelled.
    """

    scene: Scene
    wanted: int
    chance: random.Random
    asked: int = 0
    downloads: Counter[str] = field(default_factory=Counter)
    wishes: Counter[str] = field(default_factory=Counter)
    _under_way: int = 0

    def __post_init__(self) -> None:
        self._ways = dealt(self.chance, DOWNLOADS)

    async def ask_for_all(self, members: int, deadline_s: float) -> None:
        """Let all members ask at once, each for one picture after another, for at most so long."""
        crowd = [self.scene.discord.member(f"Member {n}") for n in range(members)]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_s), asyncio.TaskGroup() as group:
                for member in crowd:
                    group.create_task(self._member(member))

    def taken_in(self) -> int:
        """Jobs in the database."""
        return len(Books(self.scene.bot.data).entries())

    async def _member(self, member: Member) -> None:
        last: Message | None = None
        await asyncio.sleep(self.chance.random() * 3)
        while True:
            left = self.wanted - self.taken_in() - self._under_way
            if left <= 0:
                if self.taken_in() >= self.wanted:
                    return
                # Others are asking for the last ones; should they be refused, there is room again.
                await asyncio.sleep(1.0)
                continue
            count = min(self.chance.choice(COUNTS), left)
            self._under_way += count
            try:
                shown = await self._ask_once(member, last, count)
            finally:
                self._under_way -= count
            last = shown or last
            await asyncio.sleep(
                self.chance.random() * (PAUSE_S if shown else PAUSE_AFTER_NOTHING_S)
            )

    async def _ask_once(self, member: Member, last: Message | None, count: int) -> Message | None:
        """Ask for ``count`` pictures and wait for a while; the message that shows one, if any."""
        self.asked += 1
        discord = self.scene.discord
        word = None if last is None or last.deleted else self._way_on(last, count)
        if last is not None and word is not None and self.chance.random() < 0.3:
            interaction = await discord.press(member, last, word)
        else:
            more = {"count": count} if count > 1 else {}
            self.wishes[GALLERY] += bool(more)
            interaction = await self.scene.restyle(
                self._prompt(), member, image=self._upload(), **more
            )
        if not await self._happens(lambda: interaction.answered, UNANSWERED_S):
            return None
        await self._cancel(member, interaction)
        await self._happens(lambda: self._settled(interaction), PATIENCE_S)
        message = interaction.message
        return message if message is not None and shows_result(message) else None

    def _way_on(self, message: Message, count: int) -> str | None:
        """A button under a result that asks for no more than ``count`` pictures, if it has one."""
        words = [
            word
            for word in (*GOING_ON, *GOING_ON_FROM_SEVERAL)
            if message.has(word) and (word != "reroll_all" or count == MOST_AT_ONCE)
        ]
        return self.chance.choice(words) if words else None

    async def _cancel(self, member: Member, asked: Interaction) -> None:
        """Let some think better of it, as long as there is a button for it."""
        if self.chance.random() >= CANCELS:
            return
        await self._happens(lambda: asked.message and asked.message.has(CANCEL_WORD), UNANSWERED_S)
        if asked.message and asked.message.has(CANCEL_WORD):
            self.wishes[CANCEL] += 1
            await self.scene.discord.press(member, asked.message, CANCEL_WORD)

    def _prompt(self) -> str:
        return self.chance.choices(
            ["an oil painting", "a slow mosaic", "poison", "refuse this", "huge noise"],
            [84, 4, 2, 4, 6],
        )[0]

    def _upload(self) -> Upload:
        """A photo, which the CDN hands out in one way or another."""
        way = next(self._ways)
        self.downloads[way] += 1
        image = Upload(photo(self.chance.randrange(1000)))
        if way == LARGER:
            # What comes is more than was said, and more than the bot takes.
            return replace(image, data=image.data + bytes(MOST_BYTES), announced_bytes=1000)
        return replace(image, how=way)

    def _settled(self, interaction: Interaction) -> bool:
        message = interaction.message
        if message is None or interaction.follow_ups:
            return True
        told = bool(message.content) and not message.components and not message.thinking
        return shows_result(message) or told

    async def _happens(self, reached: Callable[[], object], timeout_s: float) -> bool:
        try:
            await self.scene.discord.until(reached, timeout_s)
        except AssertionError:
            return False
        return True
