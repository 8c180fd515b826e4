"""What holds for every test."""

import os
import tempfile
from pathlib import Path

import pytest

from tests.s3 import s3_server

# Fixtures for all, which pytest finds here.
__all__ = ["s3_server"]

# Tests run side by side, each process on its own core; torch's threads would only wait for
# each other. Set before torch is imported, and inherited by the engine processes of the tests.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What engines measure at their start is kept for all tests, and out of the developer's cache.
PROFILES = str(Path(tempfile.gettempdir()) / "restyle-test-profiles")
os.environ.setdefault("RESTYLE_ENGINE_PROFILE_DIR", PROFILES)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let the log of REST calls hold this run's calls only, from all of its workers."""
    if not hasattr(session.config, "workerinput"):
        from tests.wire.log import TRAFFIC

        TRAFFIC.unlink(missing_ok=True)
