"""What a benchmark is run with."""

from pathlib import Path

import msgspec


class BenchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Handed to every benchmark.

    Attributes:
        quick: Tiny models and one round: whether it works, not how fast.
        rounds: How often each thing is measured; None leaves it to the benchmark.
        photos: Folder with JPEG files that jobs start from; None draws a picture.
        parts: Which of its parts a benchmark that has any is to run; empty: all.
    """

    quick: bool = False
    rounds: int | None = None
    photos: Path | None = None
    parts: tuple[str, ...] = ()

    def rounds_or(self, usual: int) -> int:
        """The rounds asked for, else one in a quick run, else ``usual``."""
        return self.rounds or (1 if self.quick else usual)

    def wants(self, part: str) -> bool:
        """Whether that part is to be run."""
        return not self.parts or part in self.parts
