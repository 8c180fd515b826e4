"""The three pages, scraped as Prometheus and a container's health check do."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from bot.demo.script import run_script
from bot.monitoring.monitoring import monitored
from bot.monitoring.server import MonitoringServer
from engine.api import Engine
from engine.client import EngineOptions, LocalEngine
from tests.bot.stage import Stage, stage


class Page:
    """A running bot with its monitoring, and a way to look at it."""

    def __init__(self, on: Stage, server: MonitoringServer, web: aiohttp.ClientSession) -> None:
        self.stage = on
        self._server = server
        self._web = web

    async def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page."""
        async with self._web.get(f"http://127.0.0.1:{self._server.port}{path}") as answer:
            return answer.status, await answer.text()

    async def figures(self) -> dict[str, float]:
        """Every sample by ``name{label=value}``."""
        status, text = await self.get("/metrics")
        assert status == 200
        found = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
                found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
        return found


@asynccontextmanager
async def page_in(
    folder: Path, *, daily_quota: int = 2, engine: Engine | None = None
) -> AsyncIterator[Page]:
    """Begun and ended within one task, as simcord wants it."""
    async with (
        stage(folder, engine=engine, monitoring_port=0, daily_quota=daily_quota) as on,
        monitored(on.app, on.world.env.bot) as server,
        aiohttp.ClientSession() as web,
    ):
        yield Page(on, server, web)


async def test_what_happened_is_counted(tmp_path: Path) -> None:
    async with page_in(tmp_path) as page:
        on = page.stage
        await on.result()
        on.fail_next(code="nan", message="It dissolved.", retryable=False)
        await (await on.restyle()).outcome()
        await on.result()
        assert "used all" in (await on.restyle()).refusal
        figures = await page.figures()
        assert figures["restyle_attempts_total{code=,outcome=done}"] == 2
        assert figures["restyle_attempts_total{code=nan,outcome=failed}"] == 1
        assert figures["restyle_deliveries_total{outcome=delivered}"] == 3
        assert figures["restyle_refusals_total{reason=quota}"] == 1
        assert figures["restyle_queue_wait_seconds_count"] == 3
        assert figures["restyle_job_seconds_sum"] == 1.0
        assert figures["restyle_queue_jobs"] == 0
        assert figures["restyle_engine_up"] == 1
        assert figures["restyle_ledger_rows_total{kind=reserve}"] == 3
        assert figures["restyle_ledger_rows_total{kind=refund}"] == 1
        assert figures["restyle_ledger_credits{kind=reserve}"] == -3


@pytest.mark.engine
async def test_the_scripted_demo_is_seen_with_all_that_its_engine_did(tmp_path: Path) -> None:
    engine = LocalEngine(EngineOptions(device="cpu"))
    async with page_in(tmp_path, daily_quota=4, engine=engine) as page:
        on = page.stage
        (tmp_path / "demo").mkdir()
        before = await page.figures()
        shown = await run_script(on.world, tmp_path / "demo")
        pictures = len(shown) - 1
        assert "used all" in (await on.restyle()).refusal
        seen = await page.figures()
    assert pictures == 4
    assert seen["restyle_attempts_total{code=,outcome=done}"] == pictures
    assert seen["restyle_deliveries_total{outcome=delivered}"] == pictures
    assert seen["restyle_refusals_total{reason=quota}"] == 1
    assert seen["restyle_ledger_rows_total{kind=commit}"] == pictures
    assert seen["restyle_queue_wait_seconds_count"] == pictures
    assert seen["restyle_job_seconds_count"] == pictures
    # Each was asked for when the one before had come, so each had its calls to itself.
    calls = {name: value for name, value in seen.items() if "denoiser_calls" in name}
    [(name, made)] = calls.items()
    assert name == "restyle_denoiser_calls_total{rows=2}"
    assert made > pictures
    [step_s] = [value for name, value in seen.items() if name.startswith("restyle_step_seconds{")]
    assert 0 < step_s < seen["restyle_job_seconds_sum"]
    taken, total = (seen[f"restyle_engine_memory_bytes{{kind={k}}}"] for k in ("taken", "total"))
    # torch alone takes more than this, and the machine has more than the engine.
    assert 100 * 1024**2 < taken < total
    assert before["restyle_engine_memory_bytes{kind=total}"] == total


async def test_a_second_scrape_counts_nothing_twice(tmp_path: Path) -> None:
    async with page_in(tmp_path) as page:
        await page.stage.result()
        first = await page.figures()
        assert await page.figures() == first
        await page.stage.result()
        assert (await page.figures())["restyle_ledger_rows_total{kind=commit}"] == 2


async def test_the_queue_is_seen_while_jobs_wait(tmp_path: Path) -> None:
    async with page_in(tmp_path) as page:
        on = page.stage
        on.engine.gate.clear()
        on.engine.slots = 1
        first = await on.restyle()
        await first.progress()
        second = await on.restyle(actor=on.world.bob)
        figures = await page.figures()
        assert (figures["restyle_queue_jobs"], figures["restyle_engine_running"]) == (1, 1)
        on.engine.gate.set()
        await first.outcome()
        await second.outcome()


async def test_ready_and_healthy_are_two_things(tmp_path: Path) -> None:
    async with page_in(tmp_path) as page:
        assert (await page.get("/healthz"))[0] == 200
        status, text = await page.get("/readyz")
        assert (status, '"engine": true' in text) == (200, True)
        page.stage.engine.die()
        status, text = await page.get("/readyz")
        assert (status, '"engine": false' in text) == (503, True)
        assert (await page.get("/healthz"))[0] == 200


async def test_a_bot_whose_loops_ended_is_not_healthy(tmp_path: Path) -> None:
    async with page_in(tmp_path) as page:
        await page.stage.app.close()
        assert (await page.get("/healthz"))[0] == 503


async def test_a_port_that_is_taken_keeps_no_bot_down(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with capture_logs() as lines:
            async with (
                stage(tmp_path, monitoring_port=port) as on,
                monitored(on.app, on.world.env.bot),
            ):
                await on.result()
    assert [line["port"] for line in lines if line["event"] == "no monitoring"] == [port]


async def test_only_loopback_is_listened_on_by_default(tmp_path: Path) -> None:
    async with page_in(tmp_path) as page:
        assert page.stage.app.settings.monitoring_host == "127.0.0.1"
        _, port = page._server._runner.addresses[0]
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.2", port)
