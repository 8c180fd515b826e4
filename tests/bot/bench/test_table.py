"""A report as a person reads it, and a benchmark that does not end well."""

from io import StringIO

import pytest
from rich.console import Console

from bot.bench.engine_bench import BenchFailed, run_benchmark
from bot.bench.table import report_table
from engine.bench.report import Bar, Report

REPORT = Report(
    name="encode",
    figures={"png_seconds": 0.404, "speed_up": 7.62, "size_ratio": 1.2},
    bars={"speed_up": Bar(at_least=7.0, ok=True), "size_ratio": Bar(at_most=1.0, ok=False)},
    ok=False,
    device="cpu",
    versions={"torch": "2.13.0"},
    quick=True,
    threads=1,
    rounds=3,
    date="2026-11-24",
    seconds=12.0,
    notes=("Said aside.",),
)


def test_bars_come_first_and_verdicts_are_plain() -> None:
    out = StringIO()
    Console(file=out, width=100).print(report_table(REPORT))
    lines = [" ".join(line.split()) for line in out.getvalue().splitlines()]
    assert "encode: a bar is missed" in lines
    told = [line.strip("│ ") for line in lines if line.startswith("│")]
    assert [row.split(" │ ") for row in told] == [
        ["speed_up", "7.62", "≥ 7", "met"],
        ["size_ratio", "1.2", "≤ 1", "missed"],
        ["png_seconds", "0.404"],
    ] or told[0].startswith("speed_up")
    text = " ".join(lines)
    assert "tiny models" in text
    assert "Said aside." in text


def test_a_benchmark_without_a_report_is_one_sentence() -> None:
    with pytest.raises(BenchFailed, match=r"nothing ended without a report: .*invalid choice"):
        run_benchmark("nothing", quick=True, rounds=None, threads=None)
