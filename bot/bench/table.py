"""A benchmark's report as a person reads it."""

from rich.table import Table

from engine.bench.report import Report


def report_table(report: Report) -> Table:
    """One row a figure, those that are held to a bar first."""
    verdict = "every bar is met" if report.ok else "a bar is missed"
    table = Table(title=f"{report.name}: {verdict}", caption=_conditions(report))
    for heading in ("figure", "value", "bar", ""):
        table.add_column(heading, justify="right" if heading == "value" else "left")
    for name in [*report.bars, *(name for name in report.figures if name not in report.bars)]:
        bar = report.bars.get(name)
        met = "" if bar is None else "met" if bar.ok else "missed"
        table.add_row(name, f"{report.figures[name]:.4g}", "" if bar is None else str(bar), met)
    return table


def _conditions(report: Report) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    where = f"{report.device}, threads {report.threads}, rounds {report.rounds}"
    lines = [f"{where}, {report.seconds:.0f} s, {report.date}, {versions}", *report.notes]
    if report.quick:
        lines.insert(0, "A quick run on tiny models: it shows that the benchmark works, no more.")
    return "\n".join(lines)
