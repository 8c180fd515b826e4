"""What goes wrong in a chaos run, drawn from its seed: kills, faults, closes, locks, no room."""

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from tests.small_disk import fill
from tests.wire import Drop, RateLimit, Reply, Slow
from tests.wire.faults import Fault
from tests.wire.scene import Scene

T = TypeVar("T")

EVERYWHERE: list[Fault] = [
    Reply(500),
    Reply(502),
    Reply(503),
    RateLimit(0.2),
    RateLimit(0.2, is_global=True),
    Drop("before"),
    Drop("during"),
    Drop("after"),
    Slow(0.3),
]
ON_EDITS: list[Fault] = [
    Reply(401, 50027),
    Reply(403, 50013),
    Reply(404, 10008),
    Reply(404, 10015),
    Reply(413, 40005),
]
CLOSES = (1000, 1001, 1006, 4000, 4007, 4009)
# Shorter than Discord's, so that silence is noticed within a run.
HEARTBEAT_S = 2.0
SILENCE_S = 12.0
# Of the calls to Discord that meet a fault.
FAULT_RATE = 0.12
# How long the disk stays full, which is long enough for a kill meanwhile.
FULL_DISK_S = (0.5, 3.0)
# Whoever runs the bot starts it again when it ends by itself, so many times.
STARTS = 5


@dataclass
class Mischief:
    """Does harm until it is ended, and then puts all right again.

    Attributes:
        kills: Processes or pairs of them that were killed or stopped.
        gateway: How often the gateway failed in each of its ways.
        harms: How often each of the other harms was done.
        every_s: Mean time between two kills.
        has_own_disk: Whether the bot's data lies on a file system that may be filled up.
        fault_rate: Share of the calls to Discord that meet a fault.
    """

    scene: Scene
    chance: random.Random
    every_s: float
    has_own_disk: bool = False
    fault_rate: float = FAULT_RATE
    kills: int = 0
    gateway: Counter[str] = field(default_factory=Counter)
    harms: Counter[str] = field(default_factory=Counter)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _cleaning: set[asyncio.Task[None]] = field(default_factory=set)

    def begin_faults(self) -> None:
        """From now on any call may meet a fault."""
        anywhere = dealt(self.chance, EVERYWHERE)
        of_edits = dealt(self.chance, EVERYWHERE + ON_EDITS)

        def storm(method: str, path: str) -> Fault | None:
            if self.chance.random() >= self.fault_rate:
                return None
            edits = method == "PATCH" and path.startswith("/webhooks/")
            return next(of_edits if edits else anywhere)

        self.scene.discord.faults.storm = storm

    def end(self) -> None:
        """Let ``do`` finish what it is at; nothing is cut short, so no process is left unknown."""
        self._over.set()

    async def do(self, most_s: float) -> None:
        """One harm after another, for at most so long; then all is put right."""
        timer = asyncio.get_running_loop().call_later(most_s, self.end)
        at_the_gateway = asyncio.create_task(self._trouble_gateway())
        ways = [self.lock_database, self.kill_decoder]
        small = dealt(self.chance, [*ways, self.fill_disk] if self.has_own_disk else ways)
        large = dealt(
            self.chance,
            [self.kill_engine, self.kill_engine, self.kill_bot, self.reset_machine, self.stop_bot],
        )
        while not await self._over_within(self.every_s * (0.5 + self.chance.random())):
            await self._harm(next(small))
            await asyncio.sleep(self.chance.random())
            await self._harm(next(large))
        timer.cancel()
        await asyncio.gather(at_the_gateway, *self._cleaning)
        self.scene.discord.faults.clear()
        if not self.scene.bot.running:
            await self.scene.bot.start()

    async def _harm(self, harm: Callable[[], Awaitable[None]]) -> None:
        self.harms[harm.__name__.replace("_", " ")] += 1
        await harm()

    async def _over_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._over.wait()
        except TimeoutError:
            return False

    async def kill_engine(self) -> None:
        """SIGKILL to the engine; the bot starts another."""
        self.kills += self.scene.bot.kill_engine()

    async def kill_bot(self) -> None:
        """SIGKILL to the bot; whoever runs it starts it again."""
        await self._end_bot(signal.SIGKILL)

    async def reset_machine(self) -> None:
        """SIGKILL to all there is at once, as when the machine goes down."""
        self.scene.bot.kill_below()
        await self._end_bot(signal.SIGKILL)

    async def stop_bot(self) -> None:
        """SIGTERM, as for an update."""
        await self._end_bot(signal.SIGTERM)

    async def kill_decoder(self) -> None:
        """SIGKILL to a decoding process."""
        for pid in self.scene.bot.intake_pids()[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def _trouble_gateway(self) -> None:
        """Let the gateway fail in one way after another."""
        gateway = self.scene.discord.gateway
        gateway.heartbeat_interval_s = HEARTBEAT_S
        ways: dict[str, Callable[[], Awaitable[None]]] = {
            **{f"closed {code}": partial(gateway.close, code) for code in CLOSES},
            "op 7": gateway.ask_to_reconnect,
            "op 9, to resume": partial(gateway.invalidate, resumable=True),
            "op 9": partial(gateway.invalidate, resumable=False),
            "heartbeats unanswered": self._keep_silent,
        }
        names = dealt(self.chance, list(ways))
        while not await self._over_within(self.every_s * (0.2 + 0.4 * self.chance.random())):
            name = next(names)
            await ways[name]()
            self.gateway[name] += 1

    async def _keep_silent(self) -> None:
        """Answer no heartbeat until the bot calls again, or for a while."""
        gateway = self.scene.discord.gateway
        before = gateway.identified + gateway.resumed
        gateway.acknowledges = False
        with contextlib.suppress(AssertionError):
            await self.scene.discord.until(
                lambda: self._over.is_set() or gateway.identified + gateway.resumed > before,
                SILENCE_S,
            )
        gateway.acknowledges = True

    async def lock_database(self) -> None:
        """Hold the database's write lock for a while."""
        file = self.scene.bot.data / "restyle.db"
        seconds = self.chance.random() * 2
        db = sqlite3.connect(file, timeout=0.2, isolation_level=None)
        with contextlib.closing(db), contextlib.suppress(sqlite3.OperationalError):
            db.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(seconds)
            db.execute("ROLLBACK")

    async def fill_disk(self) -> None:
        """Leave no room on the bot's disk for a while, in which the next harm may be done."""
        least, most = FULL_DISK_S
        filler = await asyncio.to_thread(fill, self.scene.bot.data)

        async def clean() -> None:
            await self._over_within(least + (most - least) * self.chance.random())
            filler.unlink()

        task = asyncio.create_task(clean())
        self._cleaning.add(task)
        task.add_done_callback(self._cleaning.discard)

    async def _end_bot(self, number: signal.Signals) -> None:
        bot = self.scene.bot
        if bot.running:
            self.kills += 1
            await bot.kill(number)
        for _ in range(STARTS):
            await bot.start()
            with contextlib.suppress(AssertionError):
                await bot.ready()
            if bot.running:
                return


def dealt(chance: random.Random, cards: Sequence[T]) -> Iterator[T]:
    """The cards without end, all of them in some order before one comes again."""
    while True:
        yield from chance.sample(cards, len(cards))
