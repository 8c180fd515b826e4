"""What a step costs by the number of rows: measured at start, and kept on disk."""

import hashlib
import logging
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

logger = logging.getLogger(__name__)

# Twice the rows must give this much more throughput, or every job only waits longer for its step.
MIN_GAIN = 1.1
# A slow device with a large checkpoint is not worth measuring to the end before it may work.
BUDGET_S = 5.0
REPEATS = 3


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of one denoiser call at one size.

    Attributes:
        pixels: Width × height of the pictures it was measured with.
        seconds: By rows, in rising order of rows.
    """

    pixels: int
    seconds: tuple[tuple[int, float], ...]

    def cap(self, pixels: int, most: int) -> int:
        """Rows in a call that still gain, for pictures of so many pixels: 1 to ``most``.

        A device is full at so many pixels, whichever way they are spread over rows.
        """
        best = self.seconds[0][0]
        for (few, quick), (many, slow) in zip(self.seconds, self.seconds[1:], strict=False):
            # Gain for twice the rows, whatever the distance between the two measurements.
            gain = (many / slow) / (few / quick)
            if gain < MIN_GAIN ** ((many - few) / few):
                break
            best = many
        return max(1, min(most, best * self.pixels // pixels))

    def row_seconds(self, rows: int, pixels: int) -> float:
        """Seconds of a call of so many rows, on the line between measurements, by area."""
        scaled = rows * pixels / self.pixels
        few, quick = self.seconds[0]
        if scaled <= few or len(self.seconds) == 1:
            return quick * scaled / few
        for (low, fast), (high, slow) in zip(self.seconds, self.seconds[1:], strict=False):
            if scaled <= high:
                return fast + (slow - fast) * (scaled - low) / (high - low)
        many, slow = self.seconds[-1]
        return slow * scaled / many


class ProfileKey(msgspec.Struct, frozen=True, kw_only=True):
    """All that a profile depends on; another key is another profile."""

    checkpoint: str
    source: str
    revision: str | None
    options: str
    side: int
    max_rows: int
    device: str
    threads: int
    versions: dict[str, str]

    def file_name(self) -> str:
        """Readable at the front, exact at the back."""
        digest = hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()[:16]
        name = "".join(c if c.isalnum() or c in "-_." else "_" for c in self.checkpoint)
        return f"{name}-{self.side}-{digest}.json"


def load_profile(folder: Path, key: ProfileKey) -> Profile | None:
    """The profile that an earlier start measured, or None."""
    try:
        known, profile = msgspec.json.decode(
            (folder / key.file_name()).read_bytes(), type=tuple[ProfileKey, Profile]
        )
    except (OSError, msgspec.MsgspecError):
        return None
    return profile if known == key and profile.seconds else None


def keep_profile(folder: Path, key: ProfileKey, profile: Profile) -> None:
    """Write it down, whole or not at all; a folder that cannot be written is only logged."""
    path = folder / key.file_name()
    beside = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(msgspec.json.encode((key, profile)))
        beside.replace(path)
    except OSError as error:
        logger.warning("the profile of step times was not kept: %s", error)


def measure_profile(
    measure: Callable[[int], float],
    *,
    pixels: int,
    most: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Profile:
    """Time calls of 1, 2, 4 … ``most`` rows until more rows gain nothing or the budget is spent.

    Args:
        measure: Seconds of one call of so many rows.
    """
    began = clock()
    measure(1)  # the first call of a shape sets things up
    seconds: list[tuple[int, float]] = []
    rows = 1
    while rows <= most:
        best = measure(rows)
        for _ in range(REPEATS - 1):
            if clock() - began > BUDGET_S:
                break
            best = min(best, measure(rows))
        seconds.append((rows, best))
        profile = Profile(pixels=pixels, seconds=tuple(seconds))
        if profile.cap(pixels, most) < rows or clock() - began > BUDGET_S:
            break
        rows *= 2
    return Profile(pixels=pixels, seconds=tuple(seconds))


def processor_name() -> str:
    """What this machine's processor calls itself, for the key of a profile."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
