"""ARCHITECTURE.md names every module, no module that is not there, and every broad except."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.markdown import DOCUMENTS, ROOT, code_spans, text_of

DOCUMENT = "ARCHITECTURE.md"
PACKAGES = ("bot", "engine", "storage")
# Told of as a folder: it has documentation of its own.
APART = "engine/embedded/"


def _modules() -> Iterator[tuple[str, Path]]:
    """The name of each module as the document has it, a package by its folder, and its file."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix().removesuffix("__init__.py")
            if not name.startswith(APART):
                yield name, path


def _named() -> list[str]:
    headings = [line for line in text_of(DOCUMENT).splitlines() if line.startswith("### ")]
    return [line.removeprefix("### ") for line in headings] + code_spans(DOCUMENT)


def test_every_module_is_named() -> None:
    named = set(_named())
    assert [name for name, _ in _modules() if name not in named] == []


def test_every_module_has_one_line() -> None:
    lines = text_of(DOCUMENT).splitlines()
    for name, _ in _modules():
        if name.endswith(".py"):
            assert len([line for line in lines if line.startswith(f"- `{name}`: ")]) == 1, name


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_named_is_there(document: str) -> None:
    paths = [name for name in code_spans(document) if name.endswith((".py", "/"))]
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_broad_excepts_stand_at_the_boundaries_only() -> None:
    broad = {name for name, path in _modules() if _catches_all(ast.parse(path.read_bytes()))}
    assert broad == {
        "bot/boundary.py",
        "bot/jobs/dispatcher.py",
        "engine/core/denoising.py",
        "engine/core/loop.py",
        "engine/families/stock.py",
    }


def _catches_all(module: ast.Module) -> bool:
    """Whether a handler takes every error and does not pass it on as its last act."""
    for node in ast.walk(module):
        if isinstance(node, ast.ExceptHandler):
            caught = "" if node.type is None else ast.unparse(node.type)
            last = node.body[-1]
            passes_on = isinstance(last, ast.Raise) and last.exc is None
            if caught in ("", "Exception", "BaseException") and not passes_on:
                return True
    return False
