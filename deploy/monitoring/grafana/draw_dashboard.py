"""Draws the dashboard without Grafana: its queries, asked of a Prometheus, as one picture.

`draw_dashboard.py http://127.0.0.1:9090 10 dashboard.webp` shows the last ten minutes.
"""

import itertools
import json
import re
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")

from matplotlib import pyplot as plt

BOARD = Path(__file__).parent / "dashboards" / "restyle.json"
COLUMNS = 3
POINTS = 240
SCALES = {"bytes": (1024**3, "GiB"), "s": (1, "s"), "short": (1, "")}
Series = tuple[str, list[tuple[float, float]]]


def ask(address: str, query: str, began: float, ended: float) -> list[dict[str, Any]]:
    """A range query: each series with its labels and values."""
    wanted = {"query": query, "start": began, "end": ended, "step": (ended - began) / POINTS}
    url = f"{address}/api/v1/query_range?{urllib.parse.urlencode(wanted)}"
    with urllib.request.urlopen(url) as answer:  # noqa: S310  # an address that the caller typed
        found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    return found


def series_of(address: str, panel: dict[str, Any], began: float, ended: float) -> list[Series]:
    """All lines of a panel: legend, then minutes since ``began`` and values."""
    lines = []
    for target in panel["targets"]:
        for found in ask(address, target["expr"], began, ended):
            legend = legend_of(target["legendFormat"], found["metric"])
            points = [((at - began) / 60, float(value)) for at, value in found["values"]]
            lines.append((legend, points))
    return lines


def legend_of(form: str, labels: dict[str, str]) -> str:
    """A legend with each ``{{label}}`` in it filled in."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: labels.get(match[1], ""), form)


def draw(address: str, minutes: float, out: Path) -> None:
    """One small plot a panel."""
    panels = json.loads(BOARD.read_text("utf-8"))["panels"]
    ended = time.time()
    began = ended - 60 * minutes
    rows = -(-len(panels) // COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(15, 2.6 * rows), layout="constrained")
    for axis, panel in itertools.zip_longest(axes.flat, panels):
        if panel is None:
            axis.set_axis_off()
            continue
        factor, unit = SCALES[panel["fieldConfig"]["defaults"]["unit"]]
        lines = series_of(address, panel, began, ended)
        for legend, points in lines:
            times, values = zip(*points, strict=True)
            axis.plot(times, [value / factor for value in values], label=legend, linewidth=1.4)
        axis.set_title(panel["title"] + (f" [{unit}]" if unit else ""), fontsize=10, loc="left")
        axis.set_xlim(0, minutes)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.25)
        axis.tick_params(labelsize=8)
        if lines:
            axis.legend(fontsize=7, loc="upper left", framealpha=0.6)
    figure.supxlabel("minutes", fontsize=9)
    figure.savefig(out, dpi=80)


if __name__ == "__main__":
    draw(sys.argv[1].rstrip("/"), float(sys.argv[2]), Path(sys.argv[3]))
