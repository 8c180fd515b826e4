"""What a library prints while a benchmark runs does not get between its report and the reader."""

import subprocess
import sys

NOISY = """
import os
from engine.bench.__main__ import claim_standard_output
with claim_standard_output() as reports:
    print("INFO:a library", flush=True)
    os.write(1, b"from its C++ part\\0")
    reports.write("the report")
"""


def test_the_report_is_all_that_standard_output_has() -> None:
    command = [sys.executable, "-c", NOISY]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "the report"
    assert done.stderr == "INFO:a library\nfrom its C++ part\0"
