"""The words of members do nothing but stand there, in messages and in logs."""

import json
import logging
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.disarming import disarmed, printable, without_secrets
from bot.log import configure_logging
from bot.settings import load_settings

INTERACTION = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDEyMzQ1Njc4OTpBYmNE"


@pytest.mark.parametrize(
    "text",
    [
        "@everyone",
        "<@123456789012345678>",
        "<@&123456789012345678>",
        "<#123456789012345678>",
        "</restyle:123456789012345678>",
        "<t:1700000000:R>",
        "[free](https://example.com)",
        "https://example.com/a.png",
        "**bold** __u__ ~~s~~ `c` ||s||",
        "\u202egnp.exe",
        "a\nb\n# heading",
        "\x1b[2J\x07\x00",
    ],
)
def test_nothing_in_it_acts(text: str) -> None:
    shown = disarmed(text)
    for mark in ("<", ">", "[", "]", "*", "_", "`", "~", "|"):
        assert shown.count(mark) == shown.count(f"\\{mark}")
    assert not re.search(r"\w://", shown)
    assert "@everyone" not in shown
    assert shown.isprintable() or "\u200b" in shown
    assert "\n" not in shown


@given(st.text())
def test_what_is_shown_is_one_printable_line(text: str) -> None:
    shown = printable(text)
    assert printable(shown) == shown
    assert not set(shown) & set("\n\r\t\x00\x1b\u2028\u202e\u2066\u200b\ufeff")


def test_ordinary_words_stay_as_they_are() -> None:
    for text in ("an oil painting, at dusk!", "ein Gemälde", "絵画", "👩\u200d🎨 at work"):
        assert disarmed(text) == text


@pytest.mark.parametrize(
    "text",
    [
        f"http://127.0.0.1/api/v10/webhooks/1100/{INTERACTION}/messages/@original",
        f"/interactions/123/{INTERACTION}/callback",
        f"token={INTERACTION}",
    ],
)
def test_tokens_are_taken_out(text: str) -> None:
    assert INTERACTION[:12] not in without_secrets(text)
    assert "[token]" in without_secrets(text)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_the_log_holds_no_token_and_moves_no_cursor(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "a.very-secret-token"
    root = logging.getLogger()
    before, level = root.handlers, root.level
    try:
        configure_logging(load_settings(discord_token=secret, log_format=log_format))
        try:
            raise ValueError(f"no route to /webhooks/1/{INTERACTION} as {secret}\x1b[2J")
        except ValueError:
            logging.getLogger("discord").exception("%s \x1b[2J\x07 %s", secret, INTERACTION)
    finally:
        root.handlers, root.level = before, level
    written = capsys.readouterr().err
    assert secret not in written
    assert INTERACTION not in written
    assert "\x1b[2J" not in written
    assert "\x07" not in written
    if log_format == "json":
        assert "Traceback" in json.loads(written)["exception"]
