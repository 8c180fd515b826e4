"""The documentation site is built without a warning, and every link in it leads somewhere."""

import re
import runpy
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.markdown import DOCUMENTS, ROOT

SCRIPT = ROOT / "docs" / "make_site.py"
PAGES: dict[str, str] = runpy.run_path(str(SCRIPT))["PAGES"]
READERS = ("Members", "Moderators", "Operators", "Developers")


class Page(HTMLParser):
    """What a page links to and shows, and the places in it that can be linked to."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.places: set[str] = set()
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if place := values.get("id"):
            self.places.add(place)
        target = values.get("src") if tag in ("img", "script") else values.get("href")
        if target and tag in ("a", "img", "script", "link"):
            self.targets.append(target)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished site."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stderr
    return folder / "site"


def test_every_document_has_a_page() -> None:
    documents = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")}
    assert documents | set(DOCUMENTS) <= set(PAGES)


def test_every_page_stands_under_its_readers(site: Path) -> None:
    for page in PAGES.values():
        assert (site / page).with_suffix(".html").is_file(), page
    configuration = (ROOT / "docs" / "zensical.toml").read_text("utf-8")
    assert set(re.findall(r'"([\w-]+\.md)"', configuration)) == set(PAGES.values())
    front = (site / "index.html").read_text("utf-8")
    assert all(f">{reader}<" in re.sub(r"\s+", "", front) for reader in READERS)


def test_every_link_leads_somewhere(site: Path) -> None:
    pages = {file: Page(file) for file in site.glob("*.html") if file.name != "404.html"}
    assert len(pages) == len(PAGES)
    broken = []
    for file, page in pages.items():
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            there = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            if not there.exists():
                broken.append((file.name, target))
                continue
            places = pages[there].places if there in pages else {parts.fragment}
            if parts.fragment and unquote(parts.fragment) not in places:
                broken.append((file.name, target))
    assert broken == []


def test_nothing_is_loaded_from_anywhere_else(site: Path) -> None:
    for file in site.glob("*.html"):
        text = file.read_text("utf-8")
        assert not re.findall(r'<(?:script|img|iframe)[^>]+src="https?:', text), file.name
        assert not re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="https?:', text), file.name
