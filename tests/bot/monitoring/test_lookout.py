"""The operator is told once of each change, and of nothing else."""

from pathlib import Path

import pytest

from bot.monitoring.lookout import ENGINE_BACK, ENGINE_DOWN, Lookout
from bot.monitoring.metrics import Metrics
from tests.bot.paint_engine import PaintEngine


class Operator:
    """Who is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def tell(self, sentence: str) -> None:
        self.heard.append(sentence)


@pytest.fixture
def operator() -> Operator:
    return Operator()


async def lookout(operator: Operator, folder: Path, *, low: int = 0) -> tuple[Lookout, PaintEngine]:
    engine = PaintEngine()
    await engine.start()
    looking = Lookout(
        engine=engine, data_dir=folder, disk_low_bytes=low, metrics=Metrics(), tell=operator.tell
    )
    return looking, engine


async def test_an_engine_that_dies_and_comes_back(operator: Operator, tmp_path: Path) -> None:
    looking, engine = await lookout(operator, tmp_path)
    await looking.look()
    assert operator.heard == []
    engine.die()
    await looking.look()
    await looking.look()
    assert operator.heard == [ENGINE_DOWN]
    await engine.start()
    await looking.look()
    assert operator.heard == [ENGINE_DOWN, ENGINE_BACK]


async def test_a_disk_that_runs_low(operator: Operator, tmp_path: Path) -> None:
    # More than any disk has.
    looking, _ = await lookout(operator, tmp_path, low=2**70)
    await looking.look()
    await looking.look()
    [told] = operator.heard
    assert "running low" in told


async def test_a_folder_that_is_gone_ends_no_watch(operator: Operator, tmp_path: Path) -> None:
    looking, engine = await lookout(operator, tmp_path / "gone")
    await looking.look()
    engine.die()
    await looking.look()
    assert operator.heard == [ENGINE_DOWN]
