"""Which rows go together: never too many, never none, nobody for ever last."""

from hypothesis import given
from hypothesis import strategies as st

from engine.core.policy import AGEING, Candidate, RowPolicy
from engine.core.profile import Profile

AREA = 256 * 256

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        batch_key=st.sampled_from("ab"),
        rows=st.sampled_from([1, 2]),
        steps_left=st.integers(1, 50),
        pixels=st.sampled_from([AREA // 4, AREA, 4 * AREA]),
        waited_s=st.floats(0, 1000),
    ),
    max_size=12,
)
# Times that never fall as rows are added.
PROFILES = st.none() | st.lists(st.floats(0.01, 2.0), min_size=1, max_size=4).map(
    lambda times: Profile(
        pixels=AREA,
        seconds=tuple((2**at, time) for at, time in enumerate(sorted(times))),
    )
)


def candidate(**changes: object) -> Candidate:
    values: dict[str, object] = {
        "batch_key": "a",
        "rows": 1,
        "steps_left": 10,
        "pixels": AREA,
        "waited_s": 0.0,
    }
    return Candidate(**(values | changes))  # type: ignore[arg-type]  # the tests name real fields


@given(CANDIDATES, PROFILES, st.integers(1, 16))
def test_a_call_is_never_empty_and_never_too_full(
    candidates: list[Candidate], profile: Profile | None, max_rows: int
) -> None:
    policy = RowPolicy(max_rows, profile)
    chosen = [candidates[at] for at in policy.choose(candidates)]
    assert bool(chosen) == bool(candidates)
    assert len({one.batch_key for one in chosen}) <= 1
    if len(chosen) > 1:
        assert sum(one.rows for one in chosen) <= policy.cap(chosen[0].pixels) <= max_rows


@given(CANDIDATES, PROFILES)
def test_nobody_is_left_out_who_could_join(
    candidates: list[Candidate], profile: Profile | None
) -> None:
    policy = RowPolicy(8, profile)
    chosen = policy.choose(candidates)
    if not chosen:
        return
    first = candidates[chosen[0]]
    room = policy.cap(first.pixels) - sum(candidates[at].rows for at in chosen)
    for at, other in enumerate(candidates):
        if at not in chosen and other.batch_key == first.batch_key:
            assert other.rows > room


@given(PROFILES, st.integers(1, 64), st.sampled_from([AREA // 16, AREA, 16 * AREA]))
def test_the_cap_is_at_least_one_and_falls_with_area(
    profile: Profile | None, max_rows: int, pixels: int
) -> None:
    policy = RowPolicy(max_rows, profile)
    assert 1 <= policy.cap(2 * pixels) <= policy.cap(pixels) <= max_rows


def test_rows_are_added_as_long_as_they_gain() -> None:
    seconds = ((1, 1.0), (2, 1.1), (4, 1.6), (8, 3.1))
    # 1→2: 1.82, 2→4: 1.38, 4→8: 1.03 times the throughput.
    assert RowPolicy(8, Profile(pixels=AREA, seconds=seconds)).cap(AREA) == 4


FULL = Profile(pixels=AREA, seconds=((1, 1.0), (2, 2.0)))


def test_where_the_device_is_full_the_shortest_goes_alone() -> None:
    policy = RowPolicy(8, FULL)
    jobs = [candidate(steps_left=20), candidate(steps_left=2), candidate(steps_left=5)]
    assert policy.choose(jobs) == [1]
    # Two rows of guidance are one job and go together though the cap is one.
    assert policy.choose([candidate(rows=2)]) == [0]


@given(st.integers(1, 100), st.integers(1, 100))
def test_waiting_makes_up_for_length_in_the_end(long: int, short: int) -> None:
    policy = RowPolicy(8, FULL)
    patient = candidate(steps_left=long + short, waited_s=(long + 1) / AGEING)
    assert policy.choose([candidate(steps_left=short), patient]) == [1]


def test_half_of_what_did_not_fit_is_allowed_from_then_on() -> None:
    policy = RowPolicy(8)
    policy.ran_out_of_memory(6)
    assert (policy.max_rows, policy.out_of_memory) == (3, 1)
    policy.ran_out_of_memory(1)
    assert (policy.max_rows, policy.out_of_memory) == (1, 2)


def test_without_a_profile_it_learns_what_work_costs() -> None:
    policy = RowPolicy(1)
    jobs = [candidate(steps_left=9, waited_s=5.0), candidate(steps_left=3)]
    assert policy.choose(jobs) == [0]
    policy.observe(1, AREA, 1.0)
    assert policy.choose(jobs) == [1]
