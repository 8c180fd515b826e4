"""The doctor before a bucket, against a real S3 server."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.doctor.data import bucket
from bot.doctor.finding import Level
from bot.settings import load_settings
from tests.s3 import reach

# Said anew by whoever answers.
NOT_HANDED_ON = {"Transfer-Encoding", "Connection", "Server", "Date"}


@pytest.fixture
def reached(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reach(s3_server, monkeypatch)


async def test_where_there_is_no_bucket_nothing_is_said() -> None:
    assert await bucket(load_settings()) is None


@pytest.mark.usefixtures("reached")
async def test_a_bucket_is_written_and_read_and_left_as_it_was() -> None:
    found = await bucket(load_settings(images_url="s3://pictures/doctor"))
    assert found is not None
    assert (found.level, found.remedy) == (Level.OK, "")
    assert "s3://pictures/doctor" in found.detail


@pytest.mark.usefixtures("reached")
async def test_a_bucket_that_is_not_there_fails_with_a_remedy() -> None:
    found = await bucket(load_settings(images_url="s3://elsewhere"))
    assert found is not None
    assert found.level is Level.FAIL
    assert found.detail.startswith("s3://elsewhere: An image could not be written: ")
    assert "RESTYLE_IMAGES_URL" in found.remedy


async def test_a_url_that_is_no_buckets_fails_with_a_remedy() -> None:
    found = await bucket(load_settings(images_url="ftp://pictures"))
    assert found is not None
    assert found.level is Level.FAIL
    assert "is no bucket" in found.detail


@pytest.fixture
async def careless(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Before the real server, one that hands every request on and spoils what is read."""

    async def hand_on(request: web.Request) -> web.Response:
        async with (
            ClientSession(auto_decompress=False) as session,
            session.request(
                request.method,
                f"{s3_server}{request.rel_url}",
                headers=request.headers,
                data=await request.read(),
            ) as answer,
        ):
            body = await answer.read()
            spoilt = body[::-1] if request.method == "GET" and answer.status == 200 else body
            headers = {k: v for k, v in answer.headers.items() if k not in NOT_HANDED_ON}
            return web.Response(status=answer.status, body=spoilt, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", hand_on)
    async with TestServer(app) as server:
        reach(str(server.make_url("")).rstrip("/"), monkeypatch)
        yield


@pytest.mark.usefixtures("careless")
async def test_a_bucket_that_gives_other_bytes_back_fails() -> None:
    found = await bucket(load_settings(images_url="s3://pictures/doctor"))
    assert found is not None
    assert found.level is Level.FAIL
    assert found.detail == "s3://pictures/doctor: it gave other bytes back"
    assert "RESTYLE_IMAGES_URL" in found.remedy
