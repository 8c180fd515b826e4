"""How long a step takes, as learnt from the jobs before."""

from dataclasses import replace
from typing import Any

import pytest

from bot.jobs.estimate import Estimator, Work

WORK = Work(checkpoint="embedded", width=64, height=64, strength=0.5, num_inference_steps=8)


def work(**changes: Any) -> Work:
    return replace(WORK, **changes)


def test_nothing_is_promised_before_anything_was_measured() -> None:
    assert Estimator().step_s(WORK) is None


def test_steps_are_those_that_the_strength_leaves() -> None:
    assert WORK.steps(12) == 4
    assert work(num_inference_steps=None).steps(12) == 6
    assert work(strength=0.05).steps(12) == 1


def test_another_size_counts_by_the_area_of_the_nearest() -> None:
    estimator = Estimator()
    estimator.learn(WORK, 4, 2.0)
    assert estimator.step_s(WORK) == pytest.approx(0.5)
    assert estimator.step_s(work(width=128)) == pytest.approx(1.0)
    estimator.learn(work(width=128, height=128), 4, 16.0)
    assert estimator.step_s(work(width=256, height=128)) == pytest.approx(8.0)


def test_another_checkpoint_tells_nothing() -> None:
    estimator = Estimator()
    estimator.learn(work(checkpoint="larger"), 4, 2.0)
    assert estimator.step_s(WORK) is None


def test_one_slow_job_counts_a_quarter() -> None:
    estimator = Estimator()
    estimator.learn(WORK, 4, 2.0)
    estimator.learn(WORK, 4, 10.0)
    assert estimator.step_s(WORK) == pytest.approx(1.0)


def test_what_sharing_gains_is_learnt_and_not_hoped_for() -> None:
    estimator = Estimator()
    estimator.learn(WORK, 4, 2.0)
    # Four that take turns wait for each other.
    assert estimator.step_s(WORK, 4) == pytest.approx(2.0)
    estimator.learn(WORK, 4, 4.0, company=3.9)
    assert estimator.step_s(WORK, 4) == pytest.approx(1.0)
    assert estimator.step_s(WORK, 1) == pytest.approx(0.5)
