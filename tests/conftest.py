"""What holds for every test."""

import os

import pytest

# Tests run side by side, each process on its own core; torch's threads would only wait for
# each other. Set before torch is imported, and inherited by the engine processes of the tests.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let the log of REST calls hold this run's calls only, from all of its workers."""
    if not hasattr(session.config, "workerinput"):
        from tests.wire.log import TRAFFIC

        TRAFFIC.unlink(missing_ok=True)
