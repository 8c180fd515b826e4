"""The bounded memory."""

import pytest

from engine.acceleration.recent import Recent


def test_what_was_used_last_is_kept() -> None:
    kept: Recent[str, str] = Recent(2)
    for key in ("a", "b", "a", "c", "a"):
        assert kept.get(key, key.upper) == key.upper()
    assert (len(kept), kept.hits, kept.misses) == (2, 2, 3)
    kept.get("b", str)
    assert kept.misses == 4


def test_no_entries_keep_nothing() -> None:
    kept: Recent[str, int] = Recent(0)
    assert [kept.get("a", lambda: 1), kept.get("a", lambda: 2)] == [1, 2]
    assert len(kept) == 0


def test_a_failure_is_not_kept() -> None:
    kept: Recent[str, int] = Recent(2)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0)
    assert kept.get("a", lambda: 3) == 3
