"""The doctor before a bucket, against a real S3 server."""

import pytest

from bot.doctor.data import bucket
from bot.doctor.finding import Level
from bot.settings import load_settings
from tests.s3 import reach


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
