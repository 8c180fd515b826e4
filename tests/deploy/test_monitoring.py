"""The dashboard and the alerts ask for figures that the bot has."""

import json
import re
import subprocess
import sys
from pathlib import Path

from bot.monitoring.live import LiveFigures
from bot.monitoring.metrics import Metrics
from tests.bot.paint_engine import PaintEngine
from tests.docs.markdown import ROOT

FOLDER = ROOT / "deploy" / "monitoring"
FIGURE = re.compile(r"\brestyle_\w+")


def _figures() -> set[str]:
    """The name of every sample that a scrape may bring."""
    from bot.jobs.line import OwnLine
    from bot.queue import JobQueue
    from storage.database import Database

    metrics = Metrics()
    database = Database("sqlite:///nowhere.db")
    metrics.registry.register(LiveFigures(OwnLine(JobQueue(), database), PaintEngine(), database))
    names = set()
    for family in metrics.registry.collect():
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
        names |= {family.name + suffix for suffix in suffixes.get(family.type, ("",))}
    return names


def test_the_dashboard_asks_for_what_there_is() -> None:
    board = json.loads((FOLDER / "grafana" / "dashboards" / "restyle.json").read_text("utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert {name for query in queries for name in FIGURE.findall(query)} <= _figures()
    assert len(queries) > 10


def test_the_alerts_ask_for_what_there_is() -> None:
    asked = set(FIGURE.findall((FOLDER / "alerts.yml").read_text("utf-8")))
    assert asked
    assert asked <= _figures()


def test_the_dashboard_is_as_its_script_makes_it(tmp_path: Path) -> None:
    shipped = FOLDER / "grafana" / "dashboards" / "restyle.json"
    script = tmp_path / "make_dashboard.py"
    script.write_bytes((FOLDER / "grafana" / "make_dashboard.py").read_bytes())
    (tmp_path / "dashboards").mkdir()
    subprocess.run([sys.executable, str(script)], check=True)
    assert (tmp_path / "dashboards" / "restyle.json").read_bytes() == shipped.read_bytes()
