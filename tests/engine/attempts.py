"""Attempts as the tests hand them in, and the reading of what comes back."""

from collections.abc import AsyncIterator
from typing import Any

from engine.events import Event, Progress, Terminal
from engine.params import Attempt, RestyleParams
from tests.engine.pictures import encoded, picture

SIDE = 64


def params(**changes: Any) -> RestyleParams:
    """Small and quick, unless changed."""
    values: dict[str, Any] = {
        "prompt": "an oil painting",
        "strength": 0.5,
        "seed": 7,
        "width": SIDE,
        "height": SIDE,
        "num_inference_steps": 8,
    }
    return RestyleParams(**(values | changes))


def attempt(key: str = "job.1", *, previews: bool = False, **changes: Any) -> Attempt:
    """An attempt whose source fits its parameters."""
    wanted = params(**changes)
    source = encoded(picture(wanted.width, wanted.height))
    return Attempt(key=key, params=wanted, source=source, previews=previews)


async def collect(stream: AsyncIterator[Event]) -> list[Event]:
    """All events of an attempt; checks that they are numbered and that one is terminal."""
    events = [event async for event in stream]
    assert [event.seq for event in events if event.seq >= 0] == list(
        range(sum(event.seq >= 0 for event in events))
    )
    assert [isinstance(event, Terminal) for event in events] == [False] * (len(events) - 1) + [True]
    return events


def steps_of(events: list[Event]) -> list[tuple[int, int]]:
    """(step, total) of each progress event."""
    return [(e.step, e.total) for e in events if isinstance(e, Progress)]
