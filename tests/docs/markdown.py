"""The documents, and readings of them: rows of tables, fenced blocks, links."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
DOCUMENTS = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/settings.md",
    "docs/checkpoints.md",
    "docs/install.md",
    "docs/reliability.md",
    "SECURITY.md",
    "docs/performance.md",
    "docs/members.md",
    "docs/messages.md",
    "docs/scaling.md",
    "docs/moderation.md",
    "docs/operating.md",
    "docs/privacy.md",
    "bot/demo/photos/LICENSES.md",
)

_parser = MarkdownIt("commonmark").enable("table")


def text_of(document: str) -> str:
    """The source of a document named by its path from the root."""
    return (ROOT / document).read_text("utf-8")


def table_rows(document: str) -> list[tuple[str, ...]]:
    """The body rows of all tables, each cell as its Markdown source."""
    rows: list[tuple[str, ...]] = []
    cells: list[str] = []
    in_body = False
    for token in _parser.parse(text_of(document)):
        in_body = token.type == "tbody_open" or (in_body and token.type != "tbody_close")
        if not in_body:
            continue
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(token.content)
        elif token.type == "tr_close":
            rows.append(tuple(cells))
    return rows


def code_spans(document: str) -> list[str]:
    """Everything that stands in backticks within a line."""
    return [token.content for token in _inline(document) if token.type == "code_inline"]


def fenced_lines(document: str, language: str) -> list[str]:
    """The lines of all fenced blocks in one language."""
    blocks = [block for block in fences(document) if block.info == language]
    return [line for block in blocks for line in block.content.splitlines()]


def fences(document: str) -> list[Token]:
    """All fenced blocks."""
    return [token for token in _parser.parse(text_of(document)) if token.type == "fence"]


def targets(document: str) -> list[str]:
    """Where links and pictures point to."""
    attributes = {"link_open": "href", "image": "src"}
    found = [
        token.attrGet(attributes[token.type])
        for token in _inline(document)
        if token.type in attributes
    ]
    return [str(target) for target in found]


def anchors(document: str) -> set[str]:
    """The names that GitHub gives to the headings."""
    tokens = _parser.parse(text_of(document))
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def _inline(document: str) -> Iterator[Token]:
    for token in _parser.parse(text_of(document)):
        yield from token.children or ()
