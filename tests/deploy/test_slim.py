"""What the bot's image leaves out is nothing that the bot runs."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.docs.markdown import ROOT

SCRIPT = ROOT / "deploy" / "slim.py"
SITE = Path(sysconfig.get_path("purelib"))
# In a fresh interpreter: everything that the script imports to see whether the rest still runs.
IMPORTED = """
import json, runpy, sys
script = runpy.run_path(sys.argv[1])
script["_import_all"]()
files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
print(json.dumps({"files": [file for file in files if file], "dead": script["DEAD_WEIGHT"]}))
"""


def test_nothing_that_is_imported_is_taken_out() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, str(SCRIPT)],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    dead = {path for pattern in told["dead"] for path in SITE.glob(pattern)}
    # Without this the patterns might name nothing any more.
    assert len(dead) > 100
    files = [Path(file) for file in told["files"]]
    assert [file for file in files if dead & {file, *file.parents}] == []
    # What only a checkout has is no part of an image.
    assert not any(file.is_relative_to(ROOT / "tests") for file in files)


def test_the_image_gets_the_script() -> None:
    assert "!deploy/slim.py" in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "deploy/slim.py" in (ROOT / "Dockerfile").read_text("utf-8")
