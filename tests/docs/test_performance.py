"""docs/performance.md tells what the kept reports say, and tells of every benchmark."""

from pathlib import Path

from engine.bench.catalog import BENCHMARKS
from engine.bench.record import BEGIN, END, read, table
from tests.docs.markdown import ROOT, text_of

DOCUMENT = "docs/performance.md"
REPORTS = ROOT / "docs" / "performance"


def test_the_table_is_that_of_the_reports() -> None:
    _, _, rest = text_of(DOCUMENT).partition(BEGIN)
    assert rest.partition(END)[0] == table(list(read(REPORTS).values()))


def test_every_benchmark_is_told_of() -> None:
    text = text_of(DOCUMENT)
    assert [name for name in BENCHMARKS if f"\n`{name}`: " not in text] == []


def test_no_quick_run_is_kept_as_a_measurement() -> None:
    assert not any(report.quick for report in read(Path(REPORTS)).values())


def test_a_benchmark_without_a_report_is_said_to_have_none() -> None:
    missing = set(BENCHMARKS) - set(read(REPORTS))
    assert [name for name in missing if f"- `{name}`: " not in text_of(DOCUMENT)] == []
