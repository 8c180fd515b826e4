"""The short form of the chaos run; `make chaos` is the long one."""

from pathlib import Path

import pytest

from tests.chaos.members import DOWNLOADS
from tests.chaos.mischief import EVERYWHERE
from tests.chaos.run import SHORT, chaos


@pytest.mark.timeout(720)
async def test_what_was_promised_holds_whatever_dies(tmp_path: Path) -> None:
    outcome = await chaos(
        tmp_path, seed=7, jobs=50, kill_every_s=4.0, fault_rate=0.25, limits=SHORT
    )
    print("\n".join(outcome.lines()))
    assert outcome.ok, outcome.lines()
    assert outcome.kills >= 2
    # A run without any would have proved nothing.
    assert outcome.verdict.kinds.keys() >= set(map(str, EVERYWHERE))
    assert outcome.downloads.keys() == set(DOWNLOADS)
    assert len(outcome.gateway) >= 5
