"""The command lines that the documents tell anybody to type, and what is wrong with one.

Nothing is run here: tests/docs/readings.py holds the words of each program against what is there.
A program without a reading is an error, so that no command gets into the documents unseen.
"""

import re
import shlex

from tests.docs.markdown import DOCUMENTS, code_spans, fenced_lines, fences
from tests.docs.readings import MISSING, program, said_of

PAGES = (*DOCUMENTS, "docs/adding-a-family.md", "engine/embedded/MODEL_CARD.md")
BETWEEN = ("&&", "|", ";")


def typed(document: str) -> list[str]:
    """The command lines in the fenced blocks of a document, continued lines joined."""
    text = "\n".join(fenced_lines(document, "sh")).replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip()]


def spoken(document: str) -> list[str]:
    """The command lines in its running text: what begins with a program that is known here."""
    return [span for span in code_spans(document) if " " in span and program(span.split()[0])]


def hidden(document: str) -> list[str]:
    """Command lines in blocks that do not say that they are the shell's."""
    lines = [line for f in fences(document) if not f.info for line in f.content.splitlines()]
    return [line for line in lines if line.split() and program(line.split()[0])]


def complaint(line: str, *, in_text: bool = False) -> str | None:
    """What is wrong with a line that somebody is to type; None if nothing is.

    In running text a call may leave its arguments out, but no name or option may be wrong.
    """
    try:
        for words in _commands(line):
            said = said_of(words)
            if said is not None and not (in_text and MISSING.match(said)):
                return f"{line}: {said}"
    except (ValueError, IndexError) as error:
        return f"{line}: {error}"
    return None


def _commands(line: str) -> list[list[str]]:
    commands: list[list[str]] = [[]]
    for word in shlex.split(re.sub(r"<\w+>", "word", line), comments=True):
        if word in BETWEEN:
            commands.append([])
        else:
            commands[-1].append(word)
    return [command for command in commands if command]
