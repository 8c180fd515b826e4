"""The guild's day: it turns at midnight there, also when the clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import UnknownTimeZone
from storage.quota import quota_day


@pytest.mark.parametrize(
    ("zone", "now", "day", "ends_at"),
    [
        ("UTC", "2025-06-01T23:59:59.999999", "2025-06-01", "2025-06-02T00:00"),
        ("UTC", "2025-06-02T00:00", "2025-06-02", "2025-06-03T00:00"),
        ("Asia/Kolkata", "2025-06-01T18:30", "2025-06-02", "2025-06-02T18:30"),
        # 23 hours in spring, 25 in autumn.
        ("Europe/Berlin", "2025-03-29T23:00", "2025-03-30", "2025-03-30T22:00"),
        ("Europe/Berlin", "2025-10-25T22:00", "2025-10-26", "2025-10-26T23:00"),
        # Cairo's clocks skip from 00:00 to 01:00: the day begins at 01:00.
        ("Africa/Cairo", "2025-04-24T12:00", "2025-04-24", "2025-04-24T22:00"),
        # Havana's clocks are set back from 01:00 to 00:00: the day begins at the first 00:00.
        ("America/Havana", "2025-11-02T03:59", "2025-11-01", "2025-11-02T04:00"),
        # St. John's went back from 00:01 to 23:01, so the old day came back for 59 minutes.
        ("America/St_Johns", "2010-11-07T02:40", "2010-11-06", "2010-11-07T03:30"),
        # Samoa left out a whole day.
        ("Pacific/Apia", "2011-12-30T09:00", "2011-12-29", "2011-12-30T10:00"),
    ],
)
def test_the_day_turns_at_midnight_of_the_zone(zone: str, now: str, day: str, ends_at: str) -> None:
    """Times are given in UTC."""
    found = quota_day(datetime.fromisoformat(now).replace(tzinfo=UTC), zone)
    assert found.date == date.fromisoformat(day)
    assert found.ends_at == datetime.fromisoformat(ends_at).replace(tzinfo=UTC)
    assert found.ends_at.tzinfo is UTC


@given(
    zone=st.sampled_from(sorted(available_timezones())),
    now=st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # hypothesis wants naive bounds
)
def test_a_day_ends_where_the_next_begins(zone: str, now: datetime) -> None:
    """In any zone at any time: until the end it is this date, from the end on a later one."""
    day = quota_day(now, zone)
    clock = ZoneInfo(zone)
    assert day.date == now.astimezone(clock).date()
    assert now < day.ends_at <= now + timedelta(hours=26)
    assert (day.ends_at - timedelta(microseconds=1)).astimezone(clock).date() == day.date
    assert day.ends_at.astimezone(clock).date() > day.date


@pytest.mark.parametrize(
    "name",
    ["Mars/Olympus", "", "Europe", "../../etc/passwd", "/etc/localtime", "a\x00b", "x" * 999],
)
def test_an_unknown_zone_is_one_sentence(name: str) -> None:
    """Whatever was typed."""
    with pytest.raises(UnknownTimeZone, match="There is no time zone"):
        quota_day(datetime.now(UTC), name)
