"""When a job will be done: what runs, who waits before it, and how many run at once."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.estimate import Estimator
from bot.jobs.forecast import ENDS_STEPS, FOLLOWED, Forecast, done_s
from bot.offer import Offer
from engine.api import Health
from engine.checkpoints import find_checkpoint
from tests.bot.paint_engine import PaintEngine
from tests.bot.test_estimate import WORK

CHECKPOINT = find_checkpoint("embedded", None)
# Of eight steps at half strength.
STEPS = 4


@dataclass
class TimedEngine(PaintEngine):
    """Tells what it timed itself."""

    timed: dict[str, float] = field(default_factory=dict)
    profiled: dict[str, float] = field(default_factory=dict)

    def health(self) -> Health:
        return Health(
            alive=True,
            slots=self.slots,
            workers=self.workers,
            step_seconds=self.timed,
            profiled_seconds=self.profiled,
        )


def forecast(
    *,
    slots: int = 1,
    step_s: float | None = 1.0,
    timed: dict[str, float] | None = None,
    profiled: dict[str, float] | None = None,
) -> Forecast:
    """One that has learnt that a step takes so long, whoever else runs."""
    estimator = Estimator()
    if step_s is not None:
        for company in range(1, slots + 1):
            estimator.learn(WORK, STEPS, STEPS * step_s, company)
    engine = TimedEngine(slots=slots, timed=timed or {}, profiled=profiled or {})
    return Forecast(engine=engine, offer=Offer([CHECKPOINT]), estimator=estimator)


def test_alone_it_takes_its_own_steps() -> None:
    assert forecast().wait_s([], WORK) == pytest.approx(4)


def test_those_before_it_take_theirs() -> None:
    longer = replace(WORK, num_inference_steps=16)
    assert forecast().wait_s([longer, None], WORK) == pytest.approx(8 + 4 + 4)


def test_places_in_the_engine_are_counted() -> None:
    assert forecast(slots=4).wait_s([WORK] * 3, WORK) == pytest.approx(4)
    assert forecast(slots=4).wait_s([WORK] * 7, WORK) == pytest.approx(8)


def test_where_sharing_gains_nothing_places_gain_nothing() -> None:
    engine = TimedEngine(slots=4)
    estimator = Estimator()
    estimator.learn(WORK, STEPS, STEPS)
    alone = Forecast(engine=engine, offer=Offer([CHECKPOINT]), estimator=estimator)
    assert alone.wait_s([WORK] * 3, WORK) == pytest.approx(16)


def test_what_runs_counts_with_what_it_has_left() -> None:
    told = forecast()
    with told.running(replace(WORK, num_inference_steps=20)) as run:
        assert told.wait_s([], WORK) == pytest.approx(10 + 4, abs=0.1)
        told.stepped(run, 7, 10)
        assert told.wait_s([], WORK) == pytest.approx(3 + 4, abs=0.1)
        told.stepped(run, 10, 10)
        assert 4 < (told.wait_s([], WORK) or 0) < 5
    assert told.wait_s([], WORK) == pytest.approx(4)


def test_it_learns_in_which_company_a_job_ran() -> None:
    told = forecast(slots=2, step_s=None)
    with told.running(WORK) as one, told.running(WORK) as other:
        for step in range(STEPS):
            told.stepped(one, step + 1, STEPS)
        told.learn(one, 8, 8.0)
        assert other.company == 1
    # Two seconds a step beside another; alone, as far as is known, half of that.
    assert told.wait_s([], WORK) == pytest.approx(4)
    assert told.wait_s([WORK], WORK) == pytest.approx(8)


def test_before_any_job_the_engines_own_times_tell() -> None:
    assert forecast(step_s=None).wait_s([], WORK) is None
    size = f"{CHECKPOINT.name} 64x64"
    tried = forecast(step_s=None, profiled={size: 0.5, "other 64x64": 9.0})
    assert tried.wait_s([], WORK) == pytest.approx(0.5 * (STEPS + ENDS_STEPS))
    ran = forecast(step_s=None, profiled={size: 0.5}, timed={f"{CHECKPOINT.name} 128x64": 2.0})
    assert ran.wait_s([], WORK) == pytest.approx(1.0 * (STEPS + ENDS_STEPS))


def test_a_very_long_line_is_reckoned_by_its_beginning() -> None:
    assert forecast().wait_s([None] * (10 * FOLLOWED), WORK) == pytest.approx(
        4 * 10 * FOLLOWED, rel=0.02
    )


@given(
    st.lists(st.integers(1, 50), max_size=5),
    st.lists(st.integers(1, 50), min_size=1, max_size=20),
    st.integers(1, 6),
    st.floats(0.001, 5),
)
def test_nobody_is_done_before_its_own_steps_nor_after_all_are(
    inside: list[int], waiting: list[int], slots: int, pace: float
) -> None:
    found = done_s(
        [(WORK, float(left)) for left in inside],
        [(WORK, float(left)) for left in waiting],
        slots,
        lambda _work, _company: pace,
    )
    assert waiting[-1] * pace <= found * (1 + 1e-9)
    assert found <= (sum(inside) + sum(waiting)) * pace * (1 + 1e-9)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=20), st.integers(1, 6))
def test_taking_turns_no_work_is_lost(waiting: list[int], slots: int) -> None:
    longest = max(waiting)
    queue = [(WORK, float(left)) for left in [*waiting, longest * len(waiting)]]
    # The last is the longest by far, so all others are done when it is.
    found = done_s([], queue, slots, lambda _work, company: float(company))
    assert found == pytest.approx(sum(waiting) + longest * len(waiting))
