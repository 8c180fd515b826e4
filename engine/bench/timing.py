"""Measuring in turn, so that a machine that slows down slows all that is compared."""

import statistics
import time
from collections.abc import Callable, Mapping

Times = dict[str, list[float]]


def interleaved(
    runs: Mapping[str, Callable[[], object]], rounds: int, *, warm_ups: int = 1
) -> Times:
    """Seconds of each run in each round; every round turns the order round."""
    times: Times = {name: [] for name in runs}
    names = list(runs)
    for number in range(-warm_ups, rounds):
        for name in names if number % 2 == 0 else reversed(names):
            began = time.perf_counter()
            runs[name]()
            if number >= 0:
                times[name].append(time.perf_counter() - began)
    return times


def ratio(times: Times, longer: str, shorter: str) -> float:
    """How many times as long ``longer`` takes: the median over the rounds' own ratios."""
    pairs = zip(times[longer], times[shorter], strict=True)
    return statistics.median(a / b for a, b in pairs)


def median(values: list[float]) -> float:
    """The middle one of the values."""
    return statistics.median(values)
