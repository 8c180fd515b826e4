"""docs/messages.md shows every picture that `make screenshots` has taken, and no other."""

import re

from tests.docs.markdown import ROOT

SHOWN = re.compile(r"\]\(screenshots/([\w-]+)\.webp\)")


def test_every_picture_is_shown_once() -> None:
    shown = SHOWN.findall((ROOT / "docs" / "messages.md").read_text("utf-8"))
    taken = sorted(path.stem for path in (ROOT / "docs" / "screenshots").glob("*.webp"))
    assert sorted(shown) == taken
