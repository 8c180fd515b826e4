"""Every sentence of the engine is known, so that no member reads half a message in English."""

import ast
import re
from collections.abc import Iterator

import pytest

from bot.language import reading
from bot.language.engine_sentences import SENTENCES, VALUES, heard
from engine import errors
from engine.abilities import WHAT_IT_MAKES
from engine.errors import AttemptError
from tests.docs.markdown import ROOT

FAULTS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, AttemptError)
}
# The values of this one are words of diffusers, which stay as they are.
NOTE = re.compile(r"notes?$")
HOLE = re.compile(r"\{[^}]*\}")


def said() -> Iterator[str]:
    """Every text in engine/ that is given to an attempt's error or is a note, `{}` for values."""
    for path in sorted((ROOT / "engine").rglob("*.py")):
        if "embedded" in path.parts:
            continue
        module = ast.parse(path.read_text("utf-8"))
        constants = {
            target.id: node.value
            for node in module.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(module):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="notes"), attr="append")):
                    [note] = node.args
                    yield from _texts(
                        constants.get(note.id, note) if isinstance(note, ast.Name) else note
                    )
                case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in FAULTS:
                    yield from _texts(first)
                case ast.Assign(targets=[target], value=value) if _is_note(target):
                    yield from _texts(value)
                case ast.keyword(arg=str(name), value=value) if NOTE.search(name):
                    yield from _texts(value)


def _is_note(target: ast.expr) -> bool:
    name = target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")
    return bool(NOTE.search(name)) or name in ("INTERNAL", "NO_ROOM")


def _texts(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in values
            )
        case ast.Tuple(elts=inner) | ast.List(elts=inner):
            for one in inner:
                yield from _texts(one)
        case ast.BinOp(left=left, right=right):
            yield from _texts(left)
            yield from _texts(right)


def test_the_engine_says_nothing_that_is_not_listed() -> None:
    listed = {HOLE.sub("{}", text) for text in SENTENCES}
    found = set(said())
    assert len(found) > 5
    assert found - listed == set()


def test_the_words_in_them_are_listed_too() -> None:
    assert set(VALUES["what"]) >= set(WHAT_IT_MAKES.values()) - {""}


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_is_known_again_with_its_values(text: str) -> None:
    values = {name: f"<{name}>" for name in re.findall(r"\{(\w+)\}", text)}
    assert heard(text.format(**values)) == text.format(**values)


def test_what_is_known_is_translated_and_the_rest_stays() -> None:
    note = "Steps were raised from 1 to 4, the fewest for strength 0.3."
    with reading("de"):
        assert heard(note) != note
        assert {"1", "4", "0.3"} <= set(re.findall(r"[\d.]*\d", heard(note)))
        assert heard("Something new.") == "Something new."
