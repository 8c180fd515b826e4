"""Thousands of files in one call of `restyle intake`: a line each, and no growth of memory."""

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import psutil
import pytest

from tests.bot.intake.corpus import corpus, odd_files
from tests.bot.intake.pictures import MIB, encoded, gradient

FILES = 3000
MOST_GROWTH = 16 * MIB


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_thousands_of_files_in_one_call(tmp_path: Path) -> None:
    bad = [*corpus(), *odd_files()]
    for number in range(FILES):
        name, data = bad[number] if number < len(bad) else ("", b"")
        if not name:
            size = 40 + number % 50
            name, data = "photo.png", encoded(gradient(size, size), "PNG")
        (tmp_path / f"{number:04}-{name}").write_bytes(data)
    files = sorted(tmp_path.iterdir())
    assert len(files) == FILES
    command = [str(Path(sys.executable).with_name("restyle")), "intake", "--json", *map(str, files)]
    with (tmp_path / "reports").open("wb") as told:
        run = subprocess.Popen(command, stdout=told, cwd=tmp_path)
        used = []
        while run.poll() is None:
            used.append(psutil.Process(run.pid).memory_info().rss)
            time.sleep(0.2)
    assert run.returncode == 0
    reports = [json.loads(line) for line in (tmp_path / "reports").read_text().splitlines()]
    assert [report["file"] for report in reports] == list(map(str, files))
    assert sum(report["ok"] for report in reports) >= FILES - len(bad)
    quarter = len(used) // 4
    early, late = median(used[quarter : 2 * quarter]), median(used[-quarter:])
    print(f"{FILES} files, {early / MIB:.0f} MiB early, {late / MIB:.0f} MiB late")
    assert late - early <= MOST_GROWTH
