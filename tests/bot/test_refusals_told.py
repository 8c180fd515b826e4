"""No refusal without a test that reads its words.

That is looked up in the sources: each sentence that is raised for a member has to hold a text of
some test that few other refusals hold.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import bot
from bot import offer, texts
from bot.intake.errors import REASONS
from bot.jobs import dispatcher, follower, wish

TESTS = Path(__file__).parents[1]
# What operators are told at a terminal is tested there.
APART = {"bench", "cli", "demo", "doctor", "files"}
MARKS = {"_", "N_", "ngettext"}
VALUE = re.compile(r"\{[^}]*\}")
# No family of checkpoints lacks it so far.
UNREACHABLE = {offer.CANNOT["img2img"]}
# A text of a test that is shorter, or stands in more refusals, says little about one of them.
LEAST_CHARS, MOST_SHARING = 8, 3
# Told in a job's message or by the boundaries, and so raised nowhere.
UNRAISED = (
    texts.INTERNAL_ERROR,
    texts.STORAGE_ERROR,
    texts.TOO_LATE,
    texts.NOT_SHOWN,
    dispatcher.BROKEN,
    follower.LOST_TOO_OFTEN,
    follower.STORE_FAILED,
    wish.NO_LONGER_KEPT,
)


def modules() -> Iterator[ast.Module]:
    root = Path(bot.__file__).parent
    for path in sorted(root.rglob("*.py")):
        if path.relative_to(root).parts[0] not in APART:
            yield ast.parse(path.read_text("utf-8"))


def marked(node: ast.AST) -> Iterator[str]:
    """The sentences that stand within ``node`` itself."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in MARKS:
            for text in call.args:
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield text.value


def constants() -> dict[str, list[str]]:
    """The sentences of each name that a module gives them, also of several at once."""
    found: dict[str, list[str]] = {}
    for module in modules():
        for node in module.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found.setdefault(node.targets[0].id, []).extend(marked(node.value))
    return found


def refusals() -> set[str]:
    """What is raised for members, and what is told of failed jobs."""
    named, found = constants(), {*UNRAISED, *(reason.usual for reason in REASONS)}
    for module in modules():
        for scope in ast.walk(module):
            if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            # A sentence may be given a name before it is raised.
            own: dict[str, list[str]] = {
                node.targets[0].id: list(marked(node.value))
                for node in ast.walk(scope)
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            }
            for node in ast.walk(scope):
                if isinstance(node, ast.Raise) and node.exc is not None:
                    found |= set(marked(node.exc))
                    for name in ast.walk(node.exc):
                        if isinstance(name, ast.Name):
                            found.update(own.get(name.id) or named.get(name.id, []))
                        if isinstance(name, ast.Attribute):
                            found.update(named.get(name.attr, []))
    return found


def said_in_tests() -> set[str]:
    return {
        node.value
        for path in TESTS.rglob("*.py")
        if path != Path(__file__)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and LEAST_CHARS <= len(node.value) <= 200
    }


def telling(sentence: str) -> Iterator[str]:
    """Each three words in a row: values stand between them, so a whole one is in no test."""
    for part in VALUE.split(sentence):
        words = part.split()
        for at in range(len(words) - 2):
            yield " ".join(words[at : at + 3])


def test_the_words_of_every_refusal_are_read_in_some_test() -> None:
    every = {sentence for sentence in refusals() if len(sentence.split()) > 2} - UNREACHABLE
    assert len(every) > 80
    said = said_in_tests()
    unread = set(every)
    for text in {*said, *(part for sentence in every for part in telling(sentence))}:
        holding = {sentence for sentence in every if text in sentence}
        if len(holding) <= MOST_SHARING and (text in said or any(text in one for one in said)):
            unread -= holding
    assert sorted(unread) == []
