"""No pinned package has a known and mended hole, as far as a vulnerability service tells."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
# Holes that do not reach us, each with the reason: {"CVE-…": "why"}.
ACCEPTED: dict[str, str] = {}
TIMEOUT_S = 90


def audited() -> list[dict[str, Any]]:
    """What pip-audit says of each pin; skips where nobody can be asked."""
    command = [sys.executable, "-m", "pip_audit", "-r", "constraints.txt", "--no-deps"]
    command += ["--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "5"]
    try:
        run = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
        )
        found: list[dict[str, Any]] = json.loads(run.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        pytest.skip("the vulnerability service cannot be reached")
    known = [pin for pin in found if "skip_reason" not in pin]
    if not known:
        pytest.skip("what answers in the place of PyPI tells of no vulnerabilities")
    return known


def mended(pins: list[dict[str, Any]]) -> list[str]:
    """The holes for which there is a version without them."""
    return [
        f"{pin['name']} {pin['version']}: {hole['id']}, mended in {hole['fix_versions'][0]}"
        for pin in pins
        for hole in pin["vulns"]
        if hole["fix_versions"] and ACCEPTED.keys().isdisjoint({hole["id"], *hole["aliases"]})
    ]


@pytest.mark.timeout(120)
def test_no_pin_has_a_known_and_mended_hole() -> None:
    assert mended(audited()) == []


def test_a_hole_would_be_told() -> None:
    hole = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2.0"]}
    open_hole = {"id": "PYSEC-2", "aliases": [], "fix_versions": []}
    pins = [
        {"name": "a", "version": "1.0", "vulns": [hole]},
        {"name": "b", "version": "1.0", "vulns": [open_hole]},
    ]
    assert mended(pins) == ["a 1.0: PYSEC-1, mended in 2.0"]
