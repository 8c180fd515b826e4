"""One chaos run: begin, do harm while members ask, mend, wait for the last outcome, judge."""

import asyncio
import contextlib
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.checker import Verdict, judge
from tests.chaos.members import DOWNLOAD_S, MOST_BYTES, Crowd
from tests.chaos.mischief import FAULT_RATE, Mischief
from tests.small_disk import small_disk_if_allowed
from tests.wire.books import Books
from tests.wire.scene import Scene
from tests.wire.slow_callbacks import slow_callbacks

MEMBERS = 40
# After so long without an answer to a heartbeat the bot calls the gateway again.
GATEWAY_TIMEOUT_S = 6.0
# Several times what a run keeps.
DISK_SIZE = "64m"


@dataclass(frozen=True)
class Limits:
    """How long a run may take, in seconds.

    Attributes:
        harm_s: After that nothing more is harmed, and members ask for the rest in peace.
        asking_s: After that nobody asks any more.
        settling_s: For what was asked last to have an outcome.
    """

    harm_s: float
    asking_s: float
    settling_s: float


LONG = Limits(harm_s=210.0, asking_s=300.0, settling_s=120.0)
SHORT = Limits(harm_s=35.0, asking_s=50.0, settling_s=60.0)


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes:
        gateway: How often the gateway failed in each of its ways.
        downloads: How often a member's photo was to be fetched in each way.
        wishes: How often members asked for several pictures at once, and how often they cancelled.
        harms: How often each kind of kill was done, the database locked, and the disk filled up.
        slow: Callbacks that held up the bot's event loop.
        secret_lines: Lines of the log that hold a token.
        ended_with: Exit code of the bot, stopped in the end.
    """

    verdict: Verdict
    kills: int
    gateway: Counter[str]
    downloads: Counter[str]
    wishes: Counter[str]
    harms: Counter[str]
    seconds: float
    slow: list[str]
    secret_lines: list[str]
    ended_with: int

    @property
    def ok(self) -> bool:
        """Whether every promise was kept."""
        kept = self.verdict.lost == 0 and self.verdict.doubled == 0
        return kept and not self.slow and not self.secret_lines and self.ended_with == 0

    def lines(self) -> list[str]:
        """The report; the counts come last."""
        told = [f"finding: {finding}" for finding in self.verdict.findings]
        told += [f"slow callback: {line}" for line in self.slow]
        told += [f"a token in the log: {line[:200]}" for line in self.secret_lines]
        told.append(f"faults: {_listed(self.verdict.kinds)}")
        told.append(f"gateway: {_listed(self.gateway)}")
        told.append(f"downloads: {_listed(self.downloads)}")
        told.append(f"wishes: {_listed(self.wishes)}")
        told.append(f"harms: {_listed(self.harms)}")
        told.append(f"{self.seconds:.0f} s; the bot's last end was {self.ended_with}")
        return [*told, self.verdict.line(self.kills)]


async def chaos(
    folder: Path,
    *,
    seed: int,
    jobs: int,
    kill_every_s: float,
    limits: Limits,
    fault_rate: float = FAULT_RATE,
) -> Outcome:
    """Run with ``jobs`` jobs in all, a kill about every ``kill_every_s`` seconds."""
    began = time.monotonic()
    chance = random.Random(seed)
    options: dict[str, Any] = {
        "daily_quota": 1000,
        "debug": True,
        "shutdown_grace_s": 4,
        "content_check": "opennsfw",
        "intake_max_bytes": MOST_BYTES,
        "download_timeout_s": DOWNLOAD_S,
        "discord_gateway_timeout_s": GATEWAY_TIMEOUT_S,
    }
    disk = folder / "disk"
    with small_disk_if_allowed(disk, DISK_SIZE) as mounted:
        async with Scene.open(folder, data=disk, **options) as scene:
            crowd = Crowd(scene, jobs, chance)
            mischief = Mischief(
                scene, chance, kill_every_s, has_own_disk=mounted, fault_rate=fault_rate
            )
            ended_with = await _live_through(scene, crowd, mischief, limits)
            tokens = {scene.discord.token, *scene.discord.rest.interactions}
            log = scene.bot.log
            return Outcome(
                verdict=judge(scene.discord.log.calls, Books(disk).entries()),
                kills=mischief.kills,
                gateway=mischief.gateway,
                downloads=crowd.downloads,
                wishes=crowd.wishes,
                harms=mischief.harms,
                seconds=time.monotonic() - began,
                slow=slow_callbacks(log),
                secret_lines=[line for line in log.splitlines() if any(t in line for t in tokens)],
                ended_with=ended_with,
            )


async def _live_through(scene: Scene, crowd: Crowd, mischief: Mischief, limits: Limits) -> int:
    """Ask while harm is done, wait for the last outcome, stop the bot; its exit code."""
    mischief.begin_faults()
    harm = asyncio.create_task(mischief.do(limits.harm_s))
    try:
        await crowd.ask_for_all(MEMBERS, limits.asking_s)
    finally:
        mischief.end()
        await harm
    books = Books(scene.bot.data)
    with contextlib.suppress(AssertionError):
        await scene.discord.until(
            lambda: not any(entry.open for entry in books.entries()), limits.settling_s
        )
    return await scene.bot.kill(signal.SIGTERM)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{n} × {kind}" for kind, n in sorted(counts.items()))
