"""One decoding process for all tests that only ask it; tests that harm it start their own."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from bot.intake import Encoded, Intake, IntakeLimits, Prepared, SizeRule
from tests.bot.intake.pictures import LIMITS, RULE

T = TypeVar("T")


class Taker:
    """An ``Intake`` for tests without an event loop, as hypothesis wants them."""

    def __init__(self, limits: IntakeLimits) -> None:
        self._runner = asyncio.Runner()
        self.intake = Intake(limits, processes=1)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of one call."""
        return self._runner.run(work)

    def prepare(self, data: bytes, rule: SizeRule = RULE) -> Prepared:
        """As ``Intake.prepare``."""
        return self.run(self.intake.prepare(data, rule))

    def shrink(self, image: bytes, max_bytes: int) -> Encoded:
        """As ``Intake.shrink``."""
        return self.run(self.intake.shrink(image, max_bytes))

    def close(self) -> None:
        """End its process and its loop."""
        self.run(self.intake.close())
        self._runner.close()


@pytest.fixture(scope="package")
def taker() -> Iterator[Taker]:
    made = Taker(LIMITS)
    yield made
    made.close()
