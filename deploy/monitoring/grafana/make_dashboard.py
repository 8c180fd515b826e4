"""Writes `dashboards/restyle.json`: one place that says which panel shows what."""

import json
from pathlib import Path
from string import ascii_uppercase
from typing import Any

HERE = Path(__file__).parent
COLUMNS, WIDTH, HEIGHT = 3, 8, 7
Queries = list[tuple[str, str]]


def _quantiles(histogram: str, upper: float) -> Queries:
    """The median and an upper quantile of a histogram, over five minutes."""
    buckets = f"sum by (le) (rate({histogram}_bucket[5m]))"
    return [
        (f"histogram_quantile(0.5, {buckets})", "half"),
        (f"histogram_quantile({upper}, {buckets})", f"{upper:.0%}"),
    ]


def _a_minute(counter: str, label: str) -> Queries:
    return [(f"60 * sum by ({label}) (rate({counter}[5m]))", f"{{{{{label}}}}}")]


def _an_hour(counter: str, label: str) -> Queries:
    return [(f"sum by ({label}) (increase({counter}[1h]))", f"{{{{{label}}}}}")]


# Title, unit, and the queries with their legends.
PANELS: list[tuple[str, str, Queries]] = [
    (
        "Jobs that wait, and run",
        "short",
        [
            ("restyle_queue_jobs", "waiting"),
            ("restyle_engine_running", "running"),
            ("restyle_engine_slots", "slots"),
        ],
    ),
    ("Wait in the queue", "s", _quantiles("restyle_queue_wait_seconds", 0.95)),
    ("Acknowledgement", "s", _quantiles("restyle_ack_seconds", 0.99)),
    ("Attempts a minute, by outcome", "short", _a_minute("restyle_attempts_total", "outcome")),
    ("Seconds of a picture", "s", _quantiles("restyle_job_seconds", 0.95)),
    ("Seconds of a denoiser call", "s", [("restyle_step_seconds", "{{checkpoint}} {{size}}")]),
    (
        "Denoiser calls a minute, by rows",
        "short",
        _a_minute("restyle_denoiser_calls_total", "rows"),
    ),
    ("Memory of the engine's device", "bytes", [("restyle_engine_memory_bytes", "{{kind}}")]),
    ("Refusals an hour, by reason", "short", _an_hour("restyle_refusals_total", "reason")),
    ("Deliveries a minute", "short", _a_minute("restyle_deliveries_total", "outcome")),
    ("Calls to Discord a minute", "short", _a_minute("restyle_discord_calls_total", "status")),
    ("Ledger rows an hour, by kind", "short", _an_hour("restyle_ledger_rows_total", "kind")),
    ("Engine losses", "short", [("restyle_engine_restarts_total", "restarts")]),
    (
        "Trouble",
        "short",
        [("restyle_trouble", "{{kind}}"), ("1 - restyle_engine_up", "engine down")],
    ),
]


def dashboard() -> dict[str, Any]:
    """The dashboard in Grafana's own form."""
    return {
        "uid": "restyle",
        "title": "Restyle",
        "timezone": "browser",
        "refresh": "30s",
        "schemaVersion": 41,
        "time": {"from": "now-6h", "to": "now"},
        "panels": [_panel(at, *panel) for at, panel in enumerate(PANELS)],
    }


def _panel(at: int, title: str, unit: str, queries: Queries) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "prometheus"}
    return {
        "id": at + 1,
        "type": "timeseries",
        "title": title,
        "datasource": source,
        "gridPos": {
            "x": at % COLUMNS * WIDTH,
            "y": at // COLUMNS * HEIGHT,
            "w": WIDTH,
            "h": HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": {"fillOpacity": 12}}},
        "targets": [
            {"refId": ref_id, "datasource": source, "expr": query, "legendFormat": legend}
            for ref_id, (query, legend) in zip(ascii_uppercase, queries, strict=False)
        ],
    }


if __name__ == "__main__":
    (HERE / "dashboards" / "restyle.json").write_text(json.dumps(dashboard(), indent=1) + "\n")
