"""Turns kept reports into what docs/performance.md shows: its table and its plots.

``python -m engine.bench.record FOLDER DOCUMENT`` reads ``FOLDER/*.json`` as ``restyle bench …
--out FOLDER`` writes them, replaces the table between the two marks in the document, and draws
the plots that there are figures for beside the reports. It needs matplotlib: the training extra.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from engine.bench.catalog import BENCHMARKS
from engine.bench.report import Report

BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
HEADING = "| Benchmark | Figure | Value | Bar | Met |\n| --- | --- | --- | --- | --- |\n"
CURVE = "embedded_curve_"


def main(folder: Path, document: Path) -> None:
    """Bring the document and the pictures up to date with the reports."""
    reports = read(folder)
    text = document.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    document.write_text(before + BEGIN + table(list(reports.values())) + END + after, "utf-8")
    if "batching" in reports:
        draw_curve(reports["batching"], folder / "batching.png")
    if "latency" in reports:
        draw_latency(reports["latency"], folder / "latency.png")


def read(folder: Path) -> dict[str, Report]:
    """The reports in a folder by name, in the order of the catalogue."""
    paths = {name: folder / f"{name}.json" for name in BENCHMARKS}
    return {
        name: msgspec.json.decode(path.read_bytes(), type=Report)
        for name, path in paths.items()
        if path.exists()
    }


def table(reports: Sequence[Report]) -> str:
    """Every figure that is held to a bar, and under which conditions each report was made."""
    rows = [
        f"| `{report.name}` | `{name}` | {report.figures[name]:.3g} | {bar} "
        f"| {'yes' if bar.ok else 'no'} |\n"
        for report in reports
        for name, bar in report.bars.items()
    ]
    return HEADING + "".join(rows)


def draw_curve(report: Report, path: Path) -> None:
    """Throughput by rows that share a call of the embedded UNet, one line a size."""
    figure, axes = _axes("rows in one denoiser call", "throughput, one row alone = 1")
    sides: dict[int, list[tuple[int, float]]] = {}
    for name, value in report.figures.items():
        if name.startswith(CURVE):
            shown, rows = name.removeprefix(CURVE).split("_")[:2]
            sides.setdefault(int(shown), []).append((int(rows), value))
    for side, points in sides.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=f"{side} × {side} pixels")
    axes.axhline(1.0, color="grey", linewidth=0.8, linestyle="--")
    axes.set_xticks([1, 2, 4, 8])
    axes.set_title("What rows gain by sharing a call (checkpoint embedded, one CPU thread)")
    axes.legend()
    figure.savefig(path, dpi=110)


def draw_latency(report: Report, path: Path) -> None:
    """Seconds of waiting at load 0.8, first come first served against the engine's own order."""
    figure, axes = _axes("", "seconds from arrival to result")
    kinds = {"short_mean": "short jobs, mean", "mean": "all jobs, mean", "p95": "all jobs, p95"}
    for offset, (who, label) in (
        (-0.2, ("fifo", "first come, first served")),
        (0.2, ("engine", "the engine")),
    ):
        values = [report.figures[f"{who}_{kind}_seconds"] for kind in kinds]
        bars = axes.bar([at + offset for at in range(len(kinds))], values, 0.38, label=label)
        axes.bar_label(bars, fmt="%.2f", padding=2)
    axes.set_xticks(range(len(kinds)), list(kinds.values()))
    axes.set_title("Waiting at load 0.8, jobs of 1 to 20 steps (checkpoint embedded)")
    axes.legend()
    figure.savefig(path, dpi=110)


def _axes(x_label: str, y_label: str) -> tuple[Any, Any]:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
