"""How long a job will take, as told from those before it."""

import pytest

from bot.jobs.estimate import Estimator
from tests.engine.attempts import params


def test_nothing_is_promised_before_anything_was_measured() -> None:
    assert Estimator().seconds(params(), 12) is None


def test_it_scales_with_the_steps_that_are_run() -> None:
    estimator = Estimator()
    estimator.learn(params(strength=0.5), 8, 2.0)
    assert estimator.seconds(params(strength=0.5, num_inference_steps=8), 12) == pytest.approx(2.0)
    assert estimator.seconds(params(strength=1.0, num_inference_steps=8), 12) == pytest.approx(4.0)
    assert estimator.seconds(params(strength=0.5, num_inference_steps=None), 24) == pytest.approx(6)


def test_another_size_is_measured_by_itself() -> None:
    estimator = Estimator()
    estimator.learn(params(), 8, 2.0)
    assert estimator.seconds(params(width=128), 12) is None


def test_one_slow_job_counts_a_quarter() -> None:
    estimator = Estimator()
    estimator.learn(params(strength=0.5), 8, 2.0)
    estimator.learn(params(strength=0.5), 8, 10.0)
    assert estimator.seconds(params(strength=0.5, num_inference_steps=8), 12) == pytest.approx(4.0)
