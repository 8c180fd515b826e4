"""Is a picture explicit? One interface, two checkers, and the verdict from their scores.

open_nsfw is Yahoo's model, asked in a process of its own (``open_nsfw.py``); the other is the
safety checker that some checkpoints bring, which the engine asks and whose answer comes with the
result.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)


class Verdict(StrEnum):
    """What a check came to."""

    CLEAN = "clean"
    DOUBTFUL = "doubtful"
    EXPLICIT = "explicit"
    UNCHECKED = "unchecked"


class CheckerUnavailable(Exception):
    """A checker could not be loaded or could not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is checked.

    Attributes:
        image: An encoded picture.
        flagged: What the checkpoint's own safety checker said; None where there is none.
    """

    image: bytes
    flagged: bool | None = None


class ContentChecker(Protocol):
    """Scores pictures from 0, harmless, to 1, explicit."""

    async def start(self) -> None:
        """Load what is needed. What goes wrong is logged, and told by ``available``."""

    async def close(self) -> None:
        """Let go of what was loaded."""

    @property
    def available(self) -> bool:
        """Whether it can be asked."""

    async def score(self, picture: Picture) -> float | None:
        """The score, or None where it has no say; raises ``CheckerUnavailable``."""


class SafetyChecker:
    """What the checkpoint's own safety checker said in the engine; it knows no half measures."""

    async def start(self) -> None:
        """The engine has loaded it with the checkpoint."""

    async def close(self) -> None:
        """The engine lets go of it."""

    @property
    def available(self) -> bool:
        """It is never missed: a checkpoint that brings none has no say."""
        return True

    async def score(self, picture: Picture) -> float | None:
        """1 for a flagged picture, 0 for another, None where the checkpoint brings no checker."""
        return None if picture.flagged is None else float(picture.flagged)


class ContentCheck:
    """Asks all checkers; the worst score counts.

    Args:
        review_score: From here on a moderator looks.
        refuse_score: From here on it is refused.
    """

    def __init__(
        self, checkers: Sequence[ContentChecker], *, review_score: float, refuse_score: float
    ) -> None:
        self._checkers = tuple(checkers)
        self._review_score = review_score
        self._refuse_score = refuse_score

    async def start(self) -> None:
        """Load all checkers."""
        for checker in self._checkers:
            await checker.start()

    async def close(self) -> None:
        """Let go of all checkers."""
        for checker in self._checkers:
            await checker.close()

    @property
    def available(self) -> bool:
        """Whether every checker can be asked; where there is none, nothing is missing."""
        return all(checker.available for checker in self._checkers)

    async def verdict(self, picture: Picture) -> Verdict:
        """What the scores come to. Where a checker cannot answer, nobody knows."""
        try:
            scores = [await checker.score(picture) for checker in self._checkers]
        except CheckerUnavailable as error:
            log.error("a picture was not checked", error=str(error))
            return Verdict.UNCHECKED
        worst = max((score for score in scores if score is not None), default=0.0)
        if worst >= self._refuse_score:
            return Verdict.EXPLICIT
        return Verdict.DOUBTFUL if worst >= self._review_score else Verdict.CLEAN
