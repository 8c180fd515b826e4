"""The gateway over a real cluster, its parts ended with real signals."""

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path

import pytest
import pytest_asyncio

from engine.bench.ray_head import Cluster, cluster
from engine.client import LocalEngine
from engine.errors import CheckpointError
from engine.events import Cancelled, Done, Event, Lost, Progress
from tests.engine.attempts import attempt

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ray() -> AsyncIterator[Cluster]:
    async with cluster(cpus=2) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def engine(ray: Cluster) -> AsyncIterator[LocalEngine]:
    """A client whose actors take a tenth of a second for a step."""
    running = LocalEngine(ray.options(rehearsal_step_s=0.1, step_timeout_s=60.0))
    await running.start()
    # The second may be slower to come; there is no event for a health that changed.
    async with asyncio.timeout(60):
        while sum(one.alive for one in running.health().workers) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    yield running
    await running.close()


async def until_step(stream: AsyncIterator[Event]) -> list[Event]:
    """The events up to the first step."""
    events = []
    async for event in stream:
        events.append(event)
        if isinstance(event, Progress):
            return events
    raise AssertionError(f"no step came, but {events}")


async def test_every_processor_has_an_actor_and_the_bot_hears_of_each(engine: LocalEngine) -> None:
    workers = engine.health().workers
    assert [worker.name.rsplit("-", 1)[1] for worker in workers] == ["0", "1"]
    assert all(worker.alive and worker.node and worker.slots == 1 for worker in workers)
    assert engine.health().slots == 2


async def test_a_killed_actor_loses_its_attempt_alone_and_comes_back(
    ray: Cluster, engine: LocalEngine
) -> None:
    streams = [engine.submit(attempt(f"kill{at}.1", num_inference_steps=30)) for at in range(2)]
    for stream in streams:
        await until_step(stream)
    ray.kill_actor()
    ends = [asyncio.create_task(_last(stream)) for stream in streams]
    [first], [second] = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    assert isinstance(first.result(), Lost)
    # Nothing more is given to the dead one, though nobody has asked since whether it lives.
    again = [engine.submit(attempt(f"again{at}.1", num_inference_steps=3)) for at in range(3)]
    assert isinstance(await second, Done)
    # Both places take work again, with no attempt in the way.
    assert [type(await _last(stream)) for stream in again] == [Done] * 3


async def test_a_killed_gateway_is_started_again_and_attempts_go_on(engine: LocalEngine) -> None:
    stream = engine.submit(attempt("survivor.1", num_inference_steps=60))
    before = await until_step(stream)
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGKILL)
    events = before + [event async for event in stream]
    assert isinstance(events[-1], Done)
    numbers = [event.seq for event in events]
    assert numbers == sorted(set(numbers))
    assert engine.health().restarts == 1


async def test_what_ended_while_no_gateway_was_there_is_handed_over_later(
    engine: LocalEngine,
) -> None:
    stream = engine.submit(attempt("meanwhile.1", num_inference_steps=5))
    await until_step(stream)
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGKILL)
    assert isinstance([event async for event in stream][-1], Done)


async def test_one_that_waits_in_the_gateway_can_be_taken_back(engine: LocalEngine) -> None:
    running = [engine.submit(attempt(f"run{at}.1", num_inference_steps=30)) for at in range(2)]
    for stream in running:
        await until_step(stream)
    waiting = asyncio.ensure_future(anext(engine.submit(attempt("third.1"))))
    while "third.1" not in engine.health().running:  # noqa: ASYNC110  # it was only just started
        await asyncio.sleep(0)
    await engine.cancel("third.1")
    assert isinstance(await waiting, Cancelled)
    for stream in running:
        await stream.aclose()


async def test_no_cluster_is_one_sentence(ray: Cluster) -> None:
    nowhere = LocalEngine(ray.options(address="127.0.0.1:1", ready_timeout_s=60.0))
    with pytest.raises(CheckpointError, match=r"No Ray cluster answers at 127\.0\.0\.1:1: "):
        await nowhere.start()


async def test_an_actor_that_hangs_is_killed_and_its_attempt_is_lost() -> None:
    async with cluster(cpus=1) as own:
        engine = LocalEngine(own.options(rehearsal_step_s=600.0, step_timeout_s=3.0))
        await engine.start()
        try:
            events = [event async for event in engine.submit(attempt("stuck.1"))]
        finally:
            await engine.close()
        assert isinstance(events[-1], Lost)


async def test_clients_share_actors_and_none_takes_the_others_work_for_a_hang() -> None:
    """The second one's attempt waits behind the first one's for longer than silence may last."""
    async with cluster(cpus=1) as own:
        options = own.options(rehearsal_step_s=0.1, step_timeout_s=3.0)
        clients = [LocalEngine(options) for _ in range(2)]
        for client in clients:
            await client.start()
        try:
            first = clients[0].submit(attempt("first.1", num_inference_steps=60))
            await until_step(first)
            second = clients[1].submit(attempt("second.1", num_inference_steps=2))
            ends = await asyncio.gather(*(_last(stream) for stream in (first, second)))
            # Slots that are another's are not offered to a dispatcher.
            third = clients[0].submit(attempt("third.1", num_inference_steps=30))
            await until_step(third)
            async with asyncio.timeout(30):
                while clients[1].health().slots:  # noqa: ASYNC110  # there is no event for it
                    await asyncio.sleep(0.05)
            assert clients[0].health().slots == 1
            await third.aclose()
        finally:
            for client in clients:
                await client.close()
        assert [type(end) for end in ends] == [Done, Done]


@pytest.mark.slow
async def test_after_an_upgrade_the_old_actors_finish_and_give_their_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway of another version, which finds itself so named by what pip wrote down."""
    old_version = tmp_path / "old" / "restyle_bot-0.0.1.dist-info"
    old_version.mkdir(parents=True)
    (old_version / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: restyle-bot\nVersion: 0.0.1\n"
    )
    async with cluster(cpus=1) as own:
        options = own.options(rehearsal_step_s=0.1)
        old, new = LocalEngine(options), LocalEngine(options)
        # Not in the project's folder, where pip's note of an editable installation lies.
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PYTHONPATH", str(old_version.parent))
        await old.start()
        monkeypatch.delenv("PYTHONPATH")
        try:
            stream = old.submit(attempt("before.1", num_inference_steps=40))
            await until_step(stream)
            assert [one.name for one in old.health().workers] == ["restyle-0.0.1-0"]
            # There is room for one actor only: the new one is not there before the old one ended.
            starting = asyncio.create_task(new.start())
            assert isinstance(await _last(stream), Done)
            assert not starting.done()
            await starting
            assert isinstance(await _last(new.submit(attempt("after.1"))), Done)
            [made] = new.health().workers
            assert made.name == f"restyle-{version('restyle-bot')}-0"
            # Whoever still runs the old version gets no more work, and no promise of any.
            async with asyncio.timeout(30):
                while old.health().slots:  # noqa: ASYNC110  # there is no event for it
                    await asyncio.sleep(0.05)
        finally:
            await old.close()
            await new.close()


async def _last(stream: AsyncIterator[Event]) -> Event:
    return [event async for event in stream][-1]


@pytest.mark.slow
async def test_a_cluster_with_a_token_lets_nobody_in_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
    async with cluster(cpus=1) as own:
        engine = LocalEngine(own.options())
        await engine.start()
        assert isinstance([event async for event in engine.submit(attempt("in.1"))][-1], Done)
        await engine.close()
        monkeypatch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        stranger = LocalEngine(own.options())
        with pytest.raises(CheckpointError, match="No Ray cluster answers"):
            await stranger.start()
