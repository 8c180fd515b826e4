"""Figures, bars and the clock of benchmarks."""

import time

import pytest

from engine.bench.report import Measures
from engine.bench.timing import interleaved, median, ratio


def test_a_bar_is_met_or_missed_by_the_figure_itself() -> None:
    measures = Measures()
    measures.figure("plain", 1.0)
    measures.figure("enough", 1.5, at_least=1.5)
    measures.figure("short", 1.4999999, at_least=1.5)
    measures.figure("none", 0.0, at_most=0.0)
    measures.figure("some", 1e-9, at_most=0.0)
    assert {name: bar.ok for name, bar in measures.bars.items()} == {
        "enough": True,
        "short": False,
        "none": True,
        "some": False,
    }
    assert str(measures.bars["short"]) == "≥ 1.5"
    assert str(measures.bars["none"]) == "≤ 0"
    assert measures.figures["short"] == 1.5


def test_runs_take_turns_and_the_order_turns_round() -> None:
    order: list[str] = []
    runs = {name: lambda name=name: order.append(name) for name in "ab"}
    times = interleaved(runs, 3)
    assert "".join(order) == "ba" + "ab" + "ba" + "ab"
    assert {name: len(seconds) for name, seconds in times.items()} == {"a": 3, "b": 3}


def test_a_ratio_is_that_of_neighbours_in_time() -> None:
    # The machine slowed down threefold in the second round, which is no part of the comparison.
    times = {"slow": [2.0, 6.0, 2.2], "quick": [1.0, 3.0, 1.0]}
    assert ratio(times, "slow", "quick") == 2.0
    assert median(times["slow"]) == 2.2


def test_a_clock_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([0.0, 1.0, 1.0, 4.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks))
    assert interleaved({"a": int, "b": int}, 1, warm_ups=0) == {"a": [1.0], "b": [3.0]}
