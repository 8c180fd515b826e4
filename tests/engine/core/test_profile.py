"""Step times: measured within bounds, kept on disk, and refused when they are another's."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.profile import (
    BUDGET_S,
    Profile,
    ProfileKey,
    keep_profile,
    load_profile,
    measure_profile,
)

KEY = ProfileKey(
    checkpoint="a/b c",
    source="x",
    revision=None,
    options="",
    side=256,
    max_rows=8,
    device="cpu",
    threads=1,
    versions={"torch": "2"},
)
CURVE = Profile(pixels=100, seconds=((1, 1.0), (2, 1.2), (4, 2.0)))


class Bench:
    """A device whose calls take what a curve says, on a clock of its own."""

    def __init__(self, per_call: float, per_row: float) -> None:
        self.now = 0.0
        self.calls: list[int] = []
        self._per_call, self._per_row = per_call, per_row

    def measure(self, rows: int) -> float:
        self.calls.append(rows)
        seconds = self._per_call + self._per_row * rows
        self.now += seconds
        return seconds

    def clock(self) -> float:
        return self.now


def measured(bench: Bench) -> Profile:
    return measure_profile(bench.measure, pixels=100, most=8, clock=bench.clock)


def test_a_device_with_room_is_measured_to_the_end() -> None:
    bench = Bench(0.1, 0.001)
    profile = measured(bench)
    assert [rows for rows, _ in profile.seconds] == [1, 2, 4, 8]
    assert profile.cap(100, 8) == 8


def test_a_full_device_is_not_measured_further() -> None:
    bench = Bench(0.0, 0.1)
    profile = measured(bench)
    assert max(bench.calls) == 2
    assert profile.cap(100, 8) == 1


def test_a_slow_device_keeps_to_the_budget() -> None:
    bench = Bench(BUDGET_S, 0.0)
    profile = measured(bench)
    assert bench.calls == [1, 1]
    assert profile.seconds == ((1, BUDGET_S),)
    assert profile.cap(100, 8) == 1


def test_it_comes_back_from_disk(tmp_path: Path) -> None:
    folder = tmp_path / "profiles"
    assert load_profile(folder, KEY) is None
    keep_profile(folder, KEY, CURVE)
    assert load_profile(folder, KEY) == CURVE
    [file] = folder.iterdir()
    assert file.name.startswith("a_b_c-256-")


@pytest.mark.parametrize(
    "change",
    [{"versions": {"torch": "3"}}, {"side": 512}, {"device": "cuda"}, {"options": "int8"}],
)
def test_one_of_another_checkpoint_size_device_or_version_is_not_used(
    tmp_path: Path, change: dict[str, object]
) -> None:
    keep_profile(tmp_path, KEY, CURVE)
    other = msgspec.structs.replace(KEY, **change)
    assert load_profile(tmp_path, other) is None
    # Nor if its file was put in the place of the other's.
    (tmp_path / KEY.file_name()).rename(tmp_path / other.file_name())
    assert load_profile(tmp_path, other) is None


def test_a_broken_file_and_a_folder_that_cannot_be_are_no_trouble(tmp_path: Path) -> None:
    (tmp_path / KEY.file_name()).write_bytes(b"junk")
    assert load_profile(tmp_path, KEY) is None
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    keep_profile(in_the_way, KEY, CURVE)


@given(st.integers(1, 64), st.integers(1, 10_000))
def test_more_rows_or_pixels_never_take_less_time(rows: int, pixels: int) -> None:
    assert CURVE.row_seconds(rows, pixels) <= CURVE.row_seconds(rows + 1, pixels)
    assert CURVE.row_seconds(rows, pixels) <= CURVE.row_seconds(rows, pixels + 1)


def test_times_between_measurements_lie_on_the_line() -> None:
    assert CURVE.row_seconds(3, 100) == pytest.approx(1.6)
    assert CURVE.row_seconds(1, 400) == pytest.approx(2.0)
    assert CURVE.row_seconds(8, 100) == pytest.approx(4.0)
