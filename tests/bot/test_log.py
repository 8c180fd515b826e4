"""Lines of the log for people on a terminal and for machines, with the job on each."""

import io
import json
import logging
import sys

import pytest
import structlog

from bot.log import configure_logging
from bot.settings import load_settings


class Terminal(io.StringIO):
    """What somebody looks at."""

    def isatty(self) -> bool:
        return True


def written_to(stderr: io.StringIO, log_format: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What one line about a job, and one of a library's, come to."""
    root = logging.getLogger()
    before, level = root.handlers, root.level
    monkeypatch.setattr(sys, "stderr", stderr)
    try:
        configure_logging(load_settings(log_format=log_format, log_level="INFO"))
        with structlog.contextvars.bound_contextvars(job="abc", guild=7, attempt=2):
            structlog.get_logger("bot.test").info("attempt ended", outcome="done")
            logging.getLogger("some.library").warning("it said %s", "so")
    finally:
        root.handlers, root.level = before, level
        structlog.reset_defaults()
    return stderr.getvalue()


@pytest.mark.parametrize(
    ("stderr", "log_format", "as_json"),
    [
        (io.StringIO, "auto", True),
        (Terminal, "auto", False),
        (Terminal, "json", True),
        (io.StringIO, "console", False),
    ],
)
def test_who_reads_decides_the_form(
    stderr: type[io.StringIO], log_format: str, as_json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = written_to(stderr(), log_format, monkeypatch).splitlines()
    if not as_json:
        assert ours.find("attempt ended") > 0
        assert theirs.find("it said so") > 0
        assert not ours.startswith("{")
        return
    where = {"job": "abc", "guild": 7, "attempt": 2}
    own = where | {"event": "attempt ended", "outcome": "done", "level": "info"}
    assert json.loads(ours).items() >= own.items()
    library = where | {"event": "it said so", "level": "warning", "logger": "some.library"}
    assert json.loads(theirs).items() >= library.items()
