"""Which actor gets an attempt, and which gets none for a while."""

from typing import Any

from engine.protocol import VERSION, Hello, Report
from engine.ray import seats
from engine.ray.seats import Seat, choose, drain_slow
from tests.engine.attempts import params

SIZE = "embedded 64x64"


def seat(name: str, step_s: float | None = 0.1, *, slots: int = 2, running: int = 0) -> Seat:
    made = Seat(name, actor=None)
    made.greeted(Hello(version=VERSION, device="none", checkpoint="embedded", slots=2, versions={}))
    made.report = Report(slots=slots, step_seconds={} if step_s is None else {SIZE: step_s})
    made.running = {f"{name}.{number}" for number in range(running)}
    return made


def chosen(*among: Seat, **changes: Any) -> str | None:
    found = choose(among, params(**changes))
    return None if found is None else found.name


def test_nobody_is_chosen_where_all_are_full_absent_or_drained() -> None:
    absent, drained = seat("absent"), seat("drained")
    absent.hello = None
    drained.drain("slow")
    assert chosen(absent, drained, seat("full", running=2)) is None


def test_weights_that_are_loaded_come_before_speed() -> None:
    quick = seat("quick", 0.01)
    quick.checkpoint = "other"
    assert chosen(quick, seat("warm", 0.1)) == "warm"
    assert chosen(quick, seat("warm", 0.1, running=2)) == "quick"


def test_the_quicker_card_gets_more_until_sharing_it_takes_as_long() -> None:
    quick, slow = seat("quick", 0.1, slots=8), seat("slow", 0.25, slots=8)
    order = []
    for number in range(7):
        found = choose([quick, slow], params())
        assert found is not None
        found.take(f"{number}", "embedded")
        order.append(found.name)
    assert order == ["quick", "quick", "slow", "quick", "quick", "slow", "quick"]


def test_who_was_never_timed_gets_timed() -> None:
    assert chosen(seat("timed", 0.1), seat("new", None)) == "new"


def test_an_actor_that_keeps_failing_is_drained_and_tried_again_with_one() -> None:
    failing = seat("failing", slots=4)
    for _ in range(seats.FAILURES_TO_DRAIN):
        failing.failed("it broke")
    assert failing.free == 0
    assert failing.health.drained == "3 failures, the last: it broke"
    failing.try_again()
    assert failing.free == 0
    failing.drained_at -= seats.DRAINED_FOR_S + 1
    failing.try_again()
    assert failing.free == 1
    failing.succeeded()
    assert failing.free == 4


def test_one_that_is_far_slower_than_the_rest_is_drained_with_the_reason() -> None:
    fleet = [seat("a", 0.1), seat("b", 0.11), seat("slow", 0.9)]
    drain_slow(fleet)
    assert [one.drained for one in fleet] == [
        "",
        "",
        "0.9 s a step at embedded 64x64, the others 0.11 s",
    ]


def test_of_two_nobody_can_say_which_is_wrong() -> None:
    fleet = [seat("a", 0.1), seat("b", 0.9)]
    drain_slow(fleet)
    assert not any(one.drained for one in fleet)


def test_what_others_have_in_an_actor_takes_room_and_is_a_sign_of_life() -> None:
    one = seat("one", slots=3, running=1)
    one.told(3, quiet_s=0.5)
    assert (one.others, one.free) == (2, 0)
    heard_at = one.heard_at
    one.told(1, quiet_s=1000.0)
    assert (one.others, one.free, one.heard_at) == (0, 2, heard_at)
    # It has not heard of the newest yet.
    one.told(0, quiet_s=0.0)
    assert (one.others, one.free) == (0, 2)
    assert one.heard_at >= heard_at


def test_silence_is_measured_in_steps_where_steps_are_known() -> None:
    one = seat("one", 0.5)
    assert one.silence_allowed_s(120) == 120
    one.heard(stepping=SIZE)
    assert one.silence_allowed_s(120) == 25
    assert one.silence_allowed_s(10) == 10
    one.heard()
    assert one.silence_allowed_s(120) == 120


def test_those_that_have_just_come_share_the_work() -> None:
    """Each has its checkpoint loaded, whether it was given an attempt before or not."""
    first, second = seat("first", None, slots=4), seat("second", None, slots=4)
    for number in range(4):
        found = choose([first, second], params())
        assert found is not None
        found.take(f"{number}", "embedded")
    assert (len(first.running), len(second.running)) == (2, 2)


def test_an_attempt_for_other_weights_changes_what_is_loaded() -> None:
    one = seat("one")
    one.take("1", "other")
    assert one.checkpoint == "other"
    one.take("2")
    assert one.checkpoint == "other"
    one.gone()
    assert (one.free, one.slots, one.health.alive) == (0, 0, False)
