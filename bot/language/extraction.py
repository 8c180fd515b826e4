"""`make messages`: brings the catalogues up to date with the code and the commands.

Sentences are found by their marks. Names and descriptions of commands, options and choices need
none: they are read off the command tree itself.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import discord
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from discord import app_commands

from bot import __version__
from bot.language.loading import LANGUAGES

PACKAGE = Path(__file__).parents[1]
CATALOGUES = Path(__file__).parent / "catalogues"
KEYWORDS: dict[str, Any] = {"_": None, "N_": None, "ngettext": (1, 2)}
LINE_WIDTH = 100


def template() -> Catalog:
    """Every text that is to be translated, in the order of the files it stands in."""
    found = Catalog(charset="utf-8")
    for name, _, message, comments, context in extract_from_dir(
        str(PACKAGE), method_map=[("**.py", "python")], keywords=KEYWORDS
    ):
        found.add(message, locations=[(f"bot/{name}", 0)], user_comments=comments, context=context)
    for where, text in command_texts():
        found.add(text, locations=[(where, 0)])
    return found


def command_payloads() -> list[dict[str, Any]]:
    """All commands in the form that Discord is told of them."""
    # Imported here: the commands import this package.
    from bot.commands import add_commands
    from bot.offer import Offer
    from bot.settings import Settings
    from engine.checkpoints import load_checkpoints

    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    # With several checkpoints, so that the option to choose one is there.
    add_commands(tree, Settings.model_construct(), Offer(load_checkpoints().values()))
    return [command.to_dict(tree) for command in tree.get_commands(type=None)]


def command_texts() -> Iterator[tuple[str, str]]:
    """What Discord shows of the commands, each text with the command it belongs to."""
    for payload in command_payloads():
        yield from _texts_in(payload, f"/{payload['name']}")


def _texts_in(payload: dict[str, Any], where: str) -> Iterator[tuple[str, str]]:
    for key in ("name", "description"):
        if payload.get(key):
            yield where, payload[key]
    for inner in (*(payload.get("options") or ()), *(payload.get("choices") or ())):
        yield from _texts_in(inner, where)


def update(path: Path, language: str, found: Catalog) -> Catalog:
    """Write the catalogue of ``language`` anew: what is known stays, new texts are empty."""
    known = Catalog(locale=language)
    if path.exists():
        known = read_po(path.open("rb"), locale=language)
    # A guess from a similar sentence reads well and says something else.
    known.update(found, no_fuzzy_matching=True)
    known.obsolete.clear()
    known.fuzzy = False
    known.project, known.version = "Restyle", __version__
    known.msgid_bugs_address = known.last_translator = "see CONTRIBUTING.md"
    known.header_comment = f"# What members read, in {known.locale.english_name}."
    with path.open("wb") as file:
        write_po(
            file,
            known,
            width=LINE_WIDTH,
            sort_output=True,
            include_lineno=False,
            omit_header=False,
            ignore_obsolete=True,
        )
    return known


def missing(known: Catalog) -> list[str]:
    """The texts of a catalogue that have no translation."""
    return [str(message.id) for message in known if message.id and not _is_whole(message)]


def _is_whole(message: Message) -> bool:
    given = message.string
    return bool(given) and (isinstance(given, str) or all(given or ()))


def main() -> None:
    """Update all catalogues and say what is left to translate."""
    found = template()
    for language in LANGUAGES:
        left = missing(update(CATALOGUES / f"{language}.po", language, found))
        print(f"{language}: {len(left)} texts to translate")
        for text in left:
            print(f"    {text}")


if __name__ == "__main__":
    main()
