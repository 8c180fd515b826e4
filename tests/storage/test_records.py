"""Job ids."""

import re
import time

from storage import records
from storage.records import new_job_id


def test_ids_fit_a_button_and_do_not_repeat() -> None:
    """The bot's buttons take 1 to 32 of 0-9a-z."""
    ids = {new_job_id() for _ in range(10_000)}
    assert len(ids) == 10_000
    assert all(re.fullmatch(r"[0-9a-z]{22}", one) for one in ids)
    assert len({one[-records.RANDOM_DIGITS :] for one in ids}) == 10_000


def test_ids_sort_by_their_time() -> None:
    """To the millisecond, as text, which is how databases sort them."""
    ids = []
    for _ in range(20):
        ids.append(new_job_id())
        begun = time.time_ns() // 1_000_000
        while time.time_ns() // 1_000_000 == begun:
            pass
    assert ids == sorted(ids)
    assert int(ids[0][: records.TIME_DIGITS], 36) <= time.time_ns() // 1_000_000
