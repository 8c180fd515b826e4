"""For tests on the wire: processes are started in them, which a busy machine does slowly."""

import pytest

SECONDS = 120


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the time that its processes may need to come up."""
    for item in items:
        if "tests/wire" in item.path.as_posix() and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(SECONDS))
