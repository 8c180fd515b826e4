"""The judge of a chaos run finds a refund that nobody was told of where it could be told."""

import dataclasses

import pytest

from tests.chaos.checker import judge
from tests.chaos.test_checker import DONE, SORRY, WAITS, edited, shows
from tests.wire.log import Call

GIVEN_BACK = dataclasses.replace(DONE, delivery="abandoned", charged=0)


def refused(status: int, fault: str | None) -> Call:
    return edited(applied=False, status=status, fault=fault)


@pytest.mark.parametrize(
    ("calls", "lost"),
    [
        ([WAITS, SORRY], 0),
        ([WAITS, refused(413, "413/40005"), SORRY], 0),
        ([WAITS, refused(404, "404/10008")], 0),
        ([WAITS, refused(403, "403/50013")], 0),
        ([WAITS, refused(404, None)], 0),
        ([WAITS], 1),
        ([WAITS, refused(413, "413/40005")], 1),
        ([WAITS, refused(404, "404/10008"), refused(500, "500")], 1),
        ([WAITS, shows()], 1),
    ],
)
def test_a_refund_is_told_where_it_can_be(calls: list[Call], lost: int) -> None:
    verdict = judge(calls, [GIVEN_BACK])
    assert (verdict.refunded, verdict.lost) == (1 - lost, lost)


def test_what_has_no_known_message_can_be_told_nowhere() -> None:
    verdict = judge([], [dataclasses.replace(GIVEN_BACK, message_id=None)])
    assert (verdict.refunded, verdict.lost) == (1, 0)
