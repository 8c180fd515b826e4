"""Several checkpoints with room for one: who waits, who comes along, and what goes wrong."""

from pathlib import Path

import msgspec
import pytest

from engine.checkpoints import Checkpoint, find_checkpoint
from engine.client import EngineOptions, LocalEngine
from engine.core import EngineCore
from engine.errors import CheckpointError
from engine.events import Cancelled, Done, Event, Failed, Started, Terminal
from engine.params import Attempt
from engine.worker.changeover import Changeover
from tests.engine.attempts import attempt
from tests.engine.core.test_loop import CountingFamily

pytestmark = pytest.mark.engine

EMBEDDED = find_checkpoint("embedded")
SECOND = msgspec.structs.replace(EMBEDDED, name="second")
BROKEN = msgspec.structs.replace(EMBEDDED, name="broken")


class Loader:
    """Makes cores of counting families, and remembers in which order."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def __call__(self, checkpoint: Checkpoint) -> EngineCore:
        self.loaded.append(checkpoint.name)
        if checkpoint is BROKEN:
            raise CheckpointError("The weights of 'broken' are not there.")
        return EngineCore(CountingFamily(), checkpoint, max_rows=4)


def wish(key: str, checkpoint: str) -> Attempt:
    return attempt(key, checkpoint=checkpoint)


def run(cores: Changeover, turns: int = 500) -> list[Event]:
    events: list[Event] = []
    while cores.has_work and turns:
        events += cores.step()
        turns -= 1
    assert not cores.has_work
    return events


def ended(events: list[Event]) -> list[str]:
    return [event.key for event in events if isinstance(event, Terminal)]


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def cores(loader: Loader) -> Changeover:
    return Changeover([EMBEDDED, SECOND, BROKEN], loader)


def test_it_changes_over_at_a_job_boundary_and_keeps_the_last(
    cores: Changeover, loader: Loader
) -> None:
    cores.submit(wish("a", "embedded"))
    first = cores.step()
    cores.submit(wish("b", "second"))
    events = first + run(cores)
    # The other one's job was not disturbed: it ended before the next began.
    kinds = [(event.key, type(event)) for event in events if isinstance(event, Started | Done)]
    assert kinds == [("a", Started), ("a", Done), ("b", Started), ("b", Done)]
    assert loader.loaded == ["embedded", "second"]
    cores.submit(wish("c", "second"))
    assert ended(run(cores)) == ["c"]
    assert loader.loaded == ["embedded", "second"]
    assert cores.first is EMBEDDED


def test_a_stream_for_the_one_that_is_there_keeps_nobody_waiting(
    cores: Changeover, loader: Loader
) -> None:
    cores.submit(wish("a", "embedded"))
    cores.step()
    cores.submit(wish("b", "second"))
    for at in range(3):
        cores.submit(wish(f"late {at}", "embedded"))
    cores.submit(wish("c", "second"))
    # Those for one checkpoint come along together: two changes, not four.
    assert ended(run(cores)) == ["a", "b", "c", "late 0", "late 1", "late 2"]
    assert loader.loaded == ["embedded", "second", "embedded"]


def test_weights_that_are_not_there_fail_their_own_attempts_only(
    cores: Changeover, loader: Loader
) -> None:
    cores.submit(wish("a", "broken"))
    cores.submit(wish("b", "second"))
    cores.submit(wish("c", "embedded"))
    events = run(cores)
    [failed] = [event for event in events if isinstance(event, Failed)]
    assert (failed.key, failed.code) == ("a", "checkpoint")
    assert "not there" in failed.message
    assert sorted(ended(events)) == ["a", "b", "c"]


def test_what_is_not_served_is_refused(cores: Changeover, loader: Loader) -> None:
    cores.submit(wish("a", "unheard of"))
    [failed] = run(cores)
    assert isinstance(failed, Failed)
    assert "does not serve the checkpoint unheard of" in failed.message
    assert loader.loaded == ["embedded"]


def test_one_that_waits_for_a_changeover_can_be_cancelled(
    cores: Changeover, loader: Loader
) -> None:
    cores.submit(wish("a", "embedded"))
    cores.step()
    cores.submit(wish("b", "second"))
    cores.cancel("b")
    events = run(cores)
    assert [event.key for event in events if isinstance(event, Cancelled)] == ["b"]
    assert loader.loaded == ["embedded"]


async def test_a_real_engine_changes_over(tmp_path: Path) -> None:
    table = tmp_path / "more.toml"
    table.write_text('[second]\nsource = "embedded"\nfamily = "sd"\nsize = 192\n')
    options = EngineOptions(device="cpu", also=("second",), checkpoints_file=table)
    engine = LocalEngine(options)
    await engine.start()
    try:
        events = [event async for event in engine.submit(wish("a", "second"))]
        assert isinstance(events[-1], Done)
        assert engine.health().restarts == 0
    finally:
        await engine.close()
