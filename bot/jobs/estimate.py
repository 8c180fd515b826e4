"""How long a denoising step takes, learnt from the jobs before."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import msgspec

from bot.jobs.spec import JobSpec
from engine.params import RestyleParams
from storage.records import Job

# The newest measurement counts a quarter, so that a warm-up or a shared card is soon forgotten.
WEIGHT = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What bears on how long a job takes.

    Attributes:
        num_inference_steps: None for the checkpoint's default.
    """

    checkpoint: str
    width: int
    height: int
    strength: float
    num_inference_steps: int | None

    @classmethod
    def of(cls, params: RestyleParams) -> Self:
        """That of a job with these parameters."""
        return cls(
            checkpoint=params.checkpoint,
            width=params.width,
            height=params.height,
            strength=params.strength,
            num_inference_steps=params.num_inference_steps,
        )

    def steps(self, default: int) -> int:
        """Denoising steps that are run, at least one.

        Args:
            default: What the checkpoint takes where nothing else is asked for.
        """
        return max(1, int((self.num_inference_steps or default) * self.strength))


def work_in(job: Job) -> Work | None:
    """The work of a job; None where its row cannot be read, which is told when it is to run."""
    try:
        return Work.of(JobSpec.from_mapping(job.params).params)
    except msgspec.ValidationError:
        return None


class Estimator:
    """Moving mean of engine seconds per step, by checkpoint, size, and how many ran together."""

    def __init__(self) -> None:
        self._seconds: dict[str, dict[tuple[int, int], dict[int, float]]] = {}

    def learn(self, work: Work, steps: int, seconds: float, company: float = 1.0) -> None:
        """Take in a finished job's time; encode and decode count as part of its steps.

        Args:
            company: How many jobs ran while it did, itself among them, on the average.
        """
        sizes = self._seconds.setdefault(work.checkpoint, {})
        known = sizes.setdefault((work.width, work.height), {})
        crowd, step_s = max(1, round(company)), seconds / max(1, steps)
        usual = known.get(crowd, step_s)
        known[crowd] = usual + WEIGHT * (step_s - usual)

    def learn_from(self, jobs: Sequence[Job]) -> None:
        """Take in jobs that an earlier process finished, of which the newest comes first."""
        for job in reversed(jobs):
            work = work_in(job)
            if work is not None and job.seconds is not None and job.num_inference_steps is not None:
                steps = max(1, int(job.num_inference_steps * work.strength))
                self.learn(work, steps, job.seconds, _company(job, jobs))

    def step_s(self, work: Work, company: int = 1) -> float | None:
        """Expected seconds of a step while so many jobs run; None before anything was measured.

        What was measured at another size counts by the area. What was measured in other company
        counts as if the jobs had taken turns: until more is known, sharing gains nothing.
        """
        sizes = self._seconds.get(work.checkpoint)
        if not sizes:
            return None
        near = _nearest(sizes, work.width, work.height)
        return _in_company(sizes[near], company) * work.width * work.height / math.prod(near)


def at_size(seconds: Mapping[tuple[int, int], float], width: int, height: int) -> float | None:
    """The seconds at a size: as measured, or by the area from the nearest; None for nothing."""
    if not seconds:
        return None
    near = _nearest(seconds, width, height)
    return seconds[near] * width * height / math.prod(near)


def _nearest(sizes: Collection[tuple[int, int]], width: int, height: int) -> tuple[int, int]:
    """That size, or else the one with the nearest area, of which there is at least one."""
    # With time there are hundreds of them, and whoever asks mostly wants one that is known.
    if (width, height) in sizes:
        return width, height
    return min(sizes, key=lambda size: abs(math.log(math.prod(size) / (width * height))))


def _in_company(known: Mapping[int, float], company: int) -> float:
    near = min(known, key=lambda crowd: abs(crowd - company))
    return known[near] * company / near


def _company(job: Job, others: Iterable[Job]) -> float:
    """How many of ``others``, itself among them, ran while ``job`` did, on the average."""
    began, ended = job.started_at, job.finished_at
    if began is None or ended is None or ended <= began:
        return 1.0
    together = sum(_overlap_s(began, ended, other) for other in others)
    return together / (ended - began).total_seconds()


def _overlap_s(began: datetime, ended: datetime, other: Job) -> float:
    if other.started_at is None or other.finished_at is None:
        return 0.0
    both = min(ended, other.finished_at) - max(began, other.started_at)
    return max(0.0, both.total_seconds())
