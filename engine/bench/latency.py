"""How long members wait when short and long jobs come in as they do, against first come first.

Both engines are the real one on the checkpoint that ships, and each turn of them is timed; only
the waiting for the next arrival is skipped, by a clock that counts the turns. The two take turns,
so that a busy machine slows both.
"""

import random
import statistics
from dataclasses import dataclass, field

import msgspec

from engine.bench.jobs import SHARED_ROWS, Photos, attempt, family_of, profile_of, run, seconds
from engine.bench.report import Measures
from engine.bench.settings import BenchSettings
from engine.checkpoints import Checkpoint, find_checkpoint
from engine.core import EngineCore
from engine.core.profile import Profile
from engine.events import Done, Terminal
from engine.families.loading import load_pipeline
from engine.families.stepwise import StepwiseFamily
from engine.params import Attempt

LOAD = 0.8
JOBS = 120
SIDE = 64
STEPS = (1, 1, 2, 2, 4, 4, 8, 12, 20)
SHORT_STEPS = 4
SEED = 11


class Arrival(msgspec.Struct, frozen=True):
    """One job, and when it comes in, in seconds from the start."""

    at_s: float
    job: Attempt
    steps: int


@dataclass
class Replay:
    """One engine with a clock of its own, and what waits before it.

    Attributes:
        first_come: Whether the next job is handed in only when the one before has ended.
    """

    core: EngineCore
    arrivals: list[Arrival]
    first_come: bool
    now_s: float = 0.0
    handed_in: int = 0
    inside: int = 0
    waits: dict[str, float] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether every job has ended."""
        return len(self.waits) == len(self.arrivals)

    def turn(self) -> None:
        """Hand in what has come by now, or wait for the next; then one turn of the loop."""
        if not self.inside and self.handed_in < len(self.arrivals):
            self.now_s = max(self.now_s, self.arrivals[self.handed_in].at_s)
        while self._takes_another():
            self.core.submit(self.arrivals[self.handed_in].job)
            self.handed_in += 1
            self.inside += 1
        events = []
        self.now_s += seconds(lambda: events.extend(self.core.step()))
        for event in events:
            if isinstance(event, Terminal):
                assert isinstance(event, Done)
                self.inside -= 1
                self.waits[event.key] = self.now_s - self.arrivals[int(event.key)].at_s

    def _takes_another(self) -> bool:
        if self.handed_in == len(self.arrivals) or (self.first_come and self.inside):
            return False
        return self.arrivals[self.handed_in].at_s <= self.now_s


def measure(settings: BenchSettings, measures: Measures) -> int:
    """Replay the same arrivals before both; repeat with others."""
    rounds = settings.rounds_or(1)
    row = find_checkpoint("embedded")
    pipeline = load_pipeline(row, "cpu")
    family = family_of(pipeline)
    count, side = (8, 64) if settings.quick else (JOBS, SIDE)
    photos, profile = Photos(settings.photos), profile_of(pipeline, row.size)
    waits: dict[str, list[dict[str, float]]] = {"fifo": [], "engine": []}
    for number in range(rounds):
        arrivals = _arrivals(family, row, photos, count, side, seed=SEED + number)
        replays = {
            "fifo": Replay(_core(family, row), arrivals, first_come=True),
            "engine": Replay(_core(family, row, profile), arrivals, first_come=False),
        }
        while not all(replay.over for replay in replays.values()):
            for replay in replays.values():
                if not replay.over:
                    replay.turn()
        for name, replay in replays.items():
            waits[name].append(_summary(replay))
    _compare(measures, waits)
    measures.figure("jobs", count * rounds)
    return rounds


def _core(family: StepwiseFamily, row: Checkpoint, profile: Profile | None = None) -> EngineCore:
    return EngineCore(family, row, max_rows=SHARED_ROWS, profile=profile)


def _arrivals(
    family: StepwiseFamily, row: Checkpoint, photos: Photos, count: int, side: int, seed: int
) -> list[Arrival]:
    """Poisson arrivals that would keep an engine of one job at a time busy for ``LOAD``."""
    draw = random.Random(seed)  # noqa: S311  # the same arrivals in each run
    jobs = [_job(draw, photos, at, side) for at in range(count)]
    # Each kind of job is timed alone, after a warm-up.
    core = _core(family, row)
    kinds = {(one.params.num_inference_steps, one.params.guidance_scale): one for one in jobs}
    alone = {kind: _seconds_alone(core, one) for kind, one in kinds.items()}
    each = [alone[one.params.num_inference_steps, one.params.guidance_scale] for one in jobs]
    rate = LOAD / statistics.mean(each)
    now, arrivals = 0.0, []
    for one in jobs:
        now += draw.expovariate(rate)
        arrivals.append(Arrival(now, one, one.params.num_inference_steps or 0))
    return arrivals


def _job(draw: random.Random, photos: Photos, at: int, side: int) -> Attempt:
    steps = draw.choice(STEPS)
    guided = steps >= 8 and draw.random() < 0.6
    return attempt(
        f"{at}",
        photos.picture(at, side),
        side,
        seed=at,
        strength=1.0,
        num_inference_steps=steps,
        guidance_scale=2.0 if guided else 1.0,
    )


def _seconds_alone(core: EngineCore, one: Attempt) -> float:
    return statistics.median(seconds(lambda: run(core, [one])) for _ in range(3))


def _summary(replay: Replay) -> dict[str, float]:
    waits = [replay.waits[arrival.job.key] for arrival in replay.arrivals]
    short = [
        replay.waits[arrival.job.key] for arrival in replay.arrivals if arrival.steps <= SHORT_STEPS
    ]
    return {
        "short_mean": statistics.mean(short),
        "mean": statistics.mean(waits),
        "p95": sorted(waits)[int(0.95 * (len(waits) - 1))],
    }


def _compare(measures: Measures, waits: dict[str, list[dict[str, float]]]) -> None:
    pairs = list(zip(waits["fifo"], waits["engine"], strict=True))

    def times_sooner(name: str) -> float:
        return statistics.median(fifo[name] / engine[name] for fifo, engine in pairs)

    measures.figure("short_mean_gain", times_sooner("short_mean"), at_least=2.5)
    measures.figure("mean_gain", times_sooner("mean"), at_least=1.3)
    measures.figure("p95_ratio", 1 / times_sooner("p95"), at_most=1.0)
    for name, summaries in waits.items():
        for what in ("short_mean", "mean", "p95"):
            measures.figure(
                f"{name}_{what}_seconds", statistics.median(one[what] for one in summaries)
            )
