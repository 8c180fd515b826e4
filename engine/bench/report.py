"""What a benchmark says: figures, the bars they are held to, and where they were measured."""

import sys

import msgspec


class Bar(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a figure is held to; one of the two limits is set.

    Attributes:
        ok: Whether the figure, unrounded, is on the right side of it.
    """

    at_least: float | None = None
    at_most: float | None = None
    ok: bool

    def __str__(self) -> str:
        """The limit as people write it."""
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one benchmark.

    Attributes:
        figures: Ratios and seconds by name; medians where a thing was measured more than once.
        bars: By the name of the figure.
        ok: Whether every bar is met.
        quick: Whether tiny models stood in, so that the figures show that it runs and no more.
        threads: Threads that torch and OpenVINO were given.
        rounds: How often each thing was measured, in turn with what it is compared with.
        date: Day of the run, ISO 8601.
        seconds: How long the run took.
        notes: What a reader must know to take the figures rightly.
    """

    name: str
    figures: dict[str, float]
    bars: dict[str, Bar]
    ok: bool
    device: str
    versions: dict[str, str]
    quick: bool
    threads: int
    rounds: int
    date: str
    seconds: float
    notes: tuple[str, ...] = ()


class Measures:
    """Figures and bars as a benchmark collects them."""

    def __init__(self) -> None:
        self.figures: dict[str, float] = {}
        self.bars: dict[str, Bar] = {}
        self.notes: list[str] = []

    def figure(
        self,
        name: str,
        value: float,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """Note a figure, and the bar it is held to where it has one."""
        # Told at once on stderr: whoever waits sees that it goes on, and keeps what was measured.
        sys.stderr.write(f"{name} {value:.6g}\n")
        # Six digits: what is beyond them is no measurement.
        self.figures[name] = float(f"{value:.6g}")
        if at_least is not None or at_most is not None:
            ok = value >= at_least if at_least is not None else value <= (at_most or 0.0)
            self.bars[name] = Bar(at_least=at_least, at_most=at_most, ok=ok)
