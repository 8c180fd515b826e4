"""The operator is told once of each change, and of nothing else."""

from pathlib import Path

import pytest

from bot.monitoring.lookout import (
    DISK_FINE,
    DISK_LOW,
    ENGINE_BACK,
    ENGINE_DOWN,
    ENGINE_RESTARTED,
    Lookout,
)
from bot.monitoring.metrics import Metrics
from tests.bot.paint_engine import PaintEngine
from tests.small_disk import small_disk


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


async def test_an_engine_that_died_between_two_looks(operator: Operator, tmp_path: Path) -> None:
    looking, engine = await lookout(operator, tmp_path)
    engine.die()
    await engine.start()
    await looking.look()
    await looking.look()
    assert operator.heard == [ENGINE_RESTARTED]


async def test_a_disk_that_runs_low_and_has_room_again(operator: Operator, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, "8m"):
        looking, _ = await lookout(operator, disk, low=4_000_000)
        await looking.look()
        assert operator.heard == []
        (disk / "pictures").write_bytes(bytes(5_000_000))
        await looking.look()
        await looking.look()
        assert operator.heard == [DISK_LOW.format(free=0.0)]
        (disk / "pictures").unlink()
        await looking.look()
        await looking.look()
        assert operator.heard[1:] == [DISK_FINE.format(free=0.0)]


async def test_a_folder_that_is_gone_ends_no_watch(operator: Operator, tmp_path: Path) -> None:
    looking, engine = await lookout(operator, tmp_path / "gone")
    await looking.look()
    engine.die()
    await looking.look()
    assert operator.heard == [ENGINE_DOWN]
