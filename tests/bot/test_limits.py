"""Discord's limits over everything that the bot shows: views, forms, commands, in all languages.

Every view and form is built here with the longest of what may stand in it. The last tests see to it
that none is missing.
"""

import ast
import inspect
import io
import itertools
import pkgutil
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands

import bot
import bot.buttons
from bot import texts
from bot.buttons.base import JobButton, view_of, view_with
from bot.buttons.cancel import waiting_view
from bot.buttons.compare import compare_buttons
from bot.buttons.gallery import PlaceButton
from bot.buttons.more import MORE_BUTTONS
from bot.buttons.pair import Before, pair_view
from bot.buttons.posting import post_buttons
from bot.buttons.report import ReportModal
from bot.buttons.rows import BUTTONS, finished_view
from bot.buttons.single import single_view
from bot.buttons.wishing import WishButton
from bot.commands import add_commands
from bot.commands.history import PER_PAGE, page_layout
from bot.commands.privacy import forget_view
from bot.form import FirstForm
from bot.jobs.address import jump_url
from bot.jobs.spec import Action, JobSpec
from bot.jobs.strip import STRENGTHS
from bot.jobs.wish import MAX_COUNT
from bot.language import _, reading
from bot.language.loading import LANGUAGES, language_of
from bot.language.translator import CatalogueTranslator
from bot.looks.listing import listing
from bot.looks.look import BUILT_IN, MAX_NAME_CHARS, Look
from bot.looks.shelf import Shelved, Whose
from bot.modals import WishModal
from bot.moderation.case_buttons import case_view
from bot.moderation.log_pages import LogView, page_view
from bot.moderation.setup_menus import setup_view
from bot.offer import Offer
from bot.open_forms import Form
from bot.pictures import Given
from bot.quota.choices import CountsOffered
from bot.quota.quote import Quote
from bot.quota.requests import LessModal, card_view
from bot.quota.texts import each, offered
from bot.settings import load_settings
from engine.checkpoints import load_checkpoints
from engine.params import RestyleParams
from storage.cases import Case
from storage.guilds import Guild
from storage.moderation_tables import CaseKind
from storage.quota import QuotaBalance
from storage.quota_rules import Policy
from storage.records import Job, JobStatus
from storage.rules import ChannelRule, GuildRules
from tests.wire.pressable import forms
from tests.wire.world import walk

# Discord's documentation: "Component Reference", "Message", "Application Command Structure".
ROWS, BUTTONS_A_ROW, OPTIONS = 5, 5, 25
ID_CHARS, BUTTON_LABEL, SELECT_TEXT, PLACEHOLDER = 100, 80, 100, 150
MODAL_TITLE, MODAL_FIELDS, LABEL, LABEL_DESCRIPTION, INPUT_PLACEHOLDER = 45, 5, 45, 100, 100
CONTENT, LAYOUT_TEXT, LAYOUT_ITEMS = 2000, 4000, 40
COMMAND_NAME, COMMAND_TEXT, COMMAND_OPTIONS, COMMAND_CHARS = 32, 100, 25, 8000
TREE_COMMANDS = 100
TEXT = 10
MOST = 2**63 - 1
READERS = ["en-GB", *LANGUAGES]
LONG = "W" * 4000


def job(action: Action = Action.RESTYLE, place: int = 1, **changes: Any) -> Job:
    """A finished job with the longest id, name and prompt that there may be."""
    spec = JobSpec(
        params=RestyleParams(
            prompt=LONG, strength=1.0, seed=2**53 - 1, width=8, height=8, checkpoint="c" * 60
        ),
        source_hash="a" * 64,
        original_width=8,
        original_height=8,
        look="@" * MAX_NAME_CHARS,
        count=MAX_COUNT,
    )
    now = datetime.now(UTC)
    empty: dict[str, Any] = dict.fromkeys(
        ("error_code", "error_message", "latents_hash", "parent_id", "root_id")
    )
    fields: dict[str, Any] = {
        "id": "z" * 32,
        "guild_id": 2**63 - 1,
        "channel_id": 2**63 - 1,
        "message_id": 2**63 - 1,
        "user_id": 2**63 - 1,
        "action": action.value,
        "params": spec.to_mapping(),
        "source_hash": "a" * 64,
        "source_notes": ("S" * 300, "T" * 300),
        "interaction_token": "",
        "interaction_expires_at": now,
        "application_id": 1,
        "locale": "en-GB",
        "attachment_size_limit": 1,
        "place": place,
        "status": JobStatus.DONE,
        "attempt": 1,
        "created_at": now,
        "started_at": now,
        "finished_at": now,
        "result_hash": "b" * 64,
        "width": 8,
        "height": 8,
        "num_inference_steps": 200,
        "guidance_scale": 1.0,
        "seconds": 9999.9,
        "notes": ("N" * 300,),
    }
    return Job(**(empty | fields | changes))


def group(action: Action, count: int) -> list[Job]:
    return [
        job(action, place, id="z" * 31 + str(place), group_id="z" * 32)
        for place in range(1, count + 1)
    ]


def views() -> Iterator[discord.ui.View]:
    yield waiting_view("z" * 32)
    for action in Action:
        yield finished_view([job(action)])
        yield single_view(job(action), deletable=False)
    yield finished_view(group(Action.RESTYLE, MAX_COUNT))
    yield finished_view(group(Action.STRIP, len(STRENGTHS)))
    yield view_of(MORE_BUTTONS, "z" * 32)
    yield view_with([discord.ui.Button(label="Go there", url=jump_url(job()))])
    # A price of as many digits as a custom_id takes.
    balance = QuotaBalance(used=0, limit=MOST, remaining=MOST, resets_at=datetime.now(UTC))
    asked = Quote(count=MAX_COUNT, price=999_999, balance=balance)
    for button in BUTTONS:
        if issubclass(button, PlaceButton):
            yield view_with([button("z" * 32, 9).agreeing(asked)])
        elif issubclass(button, WishButton):
            yield view_with([button("z" * 32).agreeing(asked)])
    for kind in CaseKind:
        yield case_view(
            Case(
                id=MOST,
                created_at=datetime.now(UTC),
                guild_id=MOST,
                kind=kind,
                member_id=MOST,
                locale="en-GB",
                channel_id=MOST,
            )
        )
    for role in (None, MOST):
        yield card_view("z" * 32, Policy(vote_role_id=role))
    yield page_view(
        LogView(guild_id=MOST, actor_id=MOST, member_id=MOST, action="q" * 32, older_than=MOST)
    )
    yield setup_view(rules_of_many_channels())
    yield forget_view(2**64 - 1)


def rules_of_many_channels() -> GuildRules:
    """More channels in each list than a menu shows."""
    channels = {
        one: ChannelRule(channel_id=one, allowed=True, nsfw_allowed=True) for one in range(60)
    }
    return GuildRules(guild=Guild(guild_id=MOST, report_channel_id=MOST), channels=channels)


def layouts() -> Iterator[discord.ui.LayoutView]:
    for before in Before:
        for child in (job(), job(parent_id="y" * 32)):
            private, posted = compare_buttons(child, before), post_buttons(child)
            yield pair_view(before, "attachment://compare.webp", private, spoiler=True)
            yield pair_view(before, "attachment://compare.webp", posted, spoiler=False)
    look = Look(name="@" * MAX_NAME_CHARS, template=LONG[:500])
    yield listing([Shelved(look=look, whose=whose) for whose in Whose for _ in range(60)])
    yield listing([Shelved(look=one, whose=Whose.BUILT_IN) for one in BUILT_IN])
    yield page_layout([], [], 0, 1, 0)
    thumbnails = [discord.File(io.BytesIO(b"x"), "x.webp", description="D" * 1024)] * PER_PAGE
    for page in (0, 5, 9):
        yield page_layout([job() for _ in range(PER_PAGE)], thumbnails, page, 10, 10**6)


async def nobody(*_: Any) -> None:
    """Takes a form that is never sent."""


async def nothing() -> Given:
    """Fetches a picture that is never asked for."""
    return Given(b"")


def counts_offered() -> Iterator[CountsOffered]:
    """With the highest prices, and for members without a limit."""
    numbers = range(1, MAX_COUNT + 1)
    for left in (MOST, None):
        balance = QuotaBalance(used=0, limit=left, remaining=left, resets_at=datetime.now(UTC))
        yield CountsOffered(
            choices=[
                app_commands.Choice(name=offered(str(n), 999_999, balance), value=n)
                for n in numbers
            ],
            each="" if left is None else each(999_999, balance),
        )


def modals() -> Iterator[discord.ui.Modal]:
    for asked, most in itertools.product((None, 1.0), (10, 4000)):
        yield WishModal(
            title=_("Remix"),
            prompt=LONG,
            strength=asked,
            max_chars=most,
            submitted=nobody,
            note=LONG[:300],
        )
    names = [str(at) + "@" * (MAX_NAME_CHARS - 2) for at in range(10, 60)]
    looks = [Shelved(look=Look(name=name, template="x"), whose=Whose.GUILD) for name in names]
    # As many as a menu holds, and too many for one.
    for shelf in (looks[:OPTIONS], looks):
        for picture, strength in itertools.product((None, nothing), (None, 1.0)):
            for counts in counts_offered():
                yield FirstForm(
                    title=_("Restyle avatar"),
                    picture=picture,
                    looks=shelf,
                    strength=strength,
                    counts=counts,
                    max_chars=4000,
                )
    yield ReportModal(job(), 1)
    yield LessModal("z" * 32)


def check_leaf(item: dict[str, Any]) -> None:
    """One component as Discord gets it."""
    assert len(item.get("custom_id", "")) <= ID_CHARS
    assert len(item.get("label") or "") <= BUTTON_LABEL
    assert len(item.get("placeholder") or "") <= PLACEHOLDER
    if "max_length" in item:
        assert len(item.get("value") or "") <= item["max_length"]
    options = item.get("options", [])
    assert len(options) <= OPTIONS
    assert len({option["value"] for option in options}) == len(options)
    for option in options:
        for key in ("label", "value", "description"):
            assert len(option.get(key) or "") <= SELECT_TEXT
            assert option.get(key) != ""


def check_ids(components: list[Any]) -> None:
    """Discord takes no message or form in which two components have the same custom_id."""
    ids = [node["custom_id"] for node in walk(components) if "custom_id" in node]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("locale", READERS)
async def test_views(locale: str) -> None:
    with reading(locale):
        for view in views():
            rows = view.to_components()
            assert 1 <= len(rows) <= ROWS
            for row in rows:
                children = row["components"]
                assert 1 <= len(children) <= BUTTONS_A_ROW
                if any(child["type"] != 2 for child in children):
                    assert len(children) == 1
                for child in children:
                    check_leaf(child)
            check_ids(rows)


@pytest.mark.parametrize("locale", READERS)
async def test_layouts(locale: str) -> None:
    with reading(locale):
        for layout in layouts():
            assert layout.content_length() <= LAYOUT_TEXT
            assert len(list(layout.walk_children())) <= LAYOUT_ITEMS
            for item in layout.walk_children():
                if isinstance(item, discord.ui.Button | discord.ui.DynamicItem):
                    payload: Any = item.to_component_dict()
                    check_leaf(payload)
            parts: Any = layout.to_components()  # type: ignore[no-untyped-call]
            check_ids(parts)


@pytest.mark.parametrize("locale", READERS)
async def test_modals(locale: str) -> None:
    with reading(locale):
        for modal in modals():
            payload = modal.to_dict()
            assert len(payload["title"]) <= MODAL_TITLE
            assert 1 <= len(payload["components"]) <= MODAL_FIELDS
            for row in payload["components"]:
                if row["type"] == TEXT:
                    continue
                assert len(row["label"]) <= LABEL
                assert len(row.get("description") or "") <= LABEL_DESCRIPTION
                field = row["component"]
                assert len(field.get("placeholder") or "") <= INPUT_PLACEHOLDER
                if field["type"] == 4:
                    assert len(field.get("value") or "") <= (field.get("max_length") or 4000)
                else:
                    check_leaf(field)
            check_ids(payload["components"])


@pytest.mark.parametrize("locale", READERS)
@pytest.mark.parametrize("action", list(Action))
def test_messages(locale: str, action: Action) -> None:
    with reading(locale):
        alone, many = [job(action)], group(action, MAX_COUNT)
        failed = job(action, status=JobStatus.FAILED, error_message=LONG[:300], result_hash=None)
        for jobs in (alone, many, [*many, failed]):
            assert len(texts.result(jobs)) <= CONTENT
        assert len(texts.failure(failed)) <= CONTENT
        assert len(texts.alt_text(alone[0])) <= 1024


async def test_commands() -> None:
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    # With a choice of checkpoints, so that the option to choose one is there.
    add_commands(tree, load_settings(), Offer(load_checkpoints().values()))
    translator = CatalogueTranslator()
    commands = [
        await command.get_translated_payload(tree, translator)
        for command in tree.get_commands(type=None)
    ]
    assert sum(command["type"] == 1 for command in commands) <= TREE_COMMANDS
    # Discord takes five entries in each menu.
    for kind in (2, 3):
        assert sum(command["type"] == kind for command in commands) <= 5
    for command in commands:
        assert _weight(command) <= COMMAND_CHARS, command["name"]
        # What stands in a menu is described nowhere.
        _check_command(command, described=command["type"] == 1)
    # Names were translated at all: into each language but the one they are written in.
    translated = {locale for command in commands for locale in command["name_localizations"]}
    assert {language_of(locale) for locale in translated} == {*LANGUAGES}


def _check_command(node: dict[str, Any], *, described: bool = True) -> None:
    """A command, entry of a menu or option, in each of its languages."""
    for name in _in_all_languages(node, "name"):
        assert 1 <= len(name) <= COMMAND_NAME, name
    for description in _in_all_languages(node, "description") if described else ():
        assert 1 <= len(description) <= COMMAND_TEXT, description
    choices, options = node.get("choices") or [], node.get("options") or []
    assert len(options) <= COMMAND_OPTIONS
    assert len(choices) <= OPTIONS
    for choice in choices:
        for name in _in_all_languages(choice, "name"):
            assert 1 <= len(name) <= COMMAND_TEXT, name
    for option in options:
        _check_command(option)


def _in_all_languages(node: dict[str, Any], key: str) -> list[str]:
    return [node[key], *(node.get(f"{key}_localizations") or {}).values()]


def _weight(node: dict[str, Any]) -> int:
    """Characters of names, descriptions and values, of which Discord takes 8000 a command.

    Of one text in several languages the longest counts.
    """
    told = [_in_all_languages(node, key) for key in ("name", "description") if node.get(key)]
    own = sum(max(map(len, texts)) for texts in told) + len(str(node.get("value", "")))
    inner = [*(node.get("options") or []), *(node.get("choices") or [])]
    return own + sum(_weight(one) for one in inner)


def test_every_button_is_registered_and_its_word_is_its_own() -> None:
    known = set(BUTTONS)
    for module in pkgutil.iter_modules(bot.buttons.__path__):
        for _name, item in inspect.getmembers(import_module(f"bot.buttons.{module.name}")):
            if inspect.isclass(item) and issubclass(item, discord.ui.DynamicItem):
                pattern = getattr(item, "__discord_ui_compiled_template__", None)
                if pattern is None or "never" in pattern.pattern:
                    continue
                assert item in known, item
    buttons = [button for button in BUTTONS if issubclass(button, JobButton)]
    named = [button.action for button in buttons if "action" in vars(button)]
    assert len(named) > 8
    assert len(set(named)) == len(named)


def test_no_view_and_no_form_is_missing_here() -> None:
    """Whoever makes another has to build it above as well."""
    made = {name for name, source in sources() if re.search(r"\bui\.(Layout)?View\(", source)}
    assert made == {
        *("base.view_with", "pair.pair_view", "listing.listing"),
        *("case_buttons.case_view", "log_pages.page_view", "setup_menus.setup_view"),
        *("requests.card_view", "history.page_layout", "privacy.forget_view"),
    }
    assert {modal.word for modal in modals() if isinstance(modal, Form)} == forms()


def sources() -> Iterator[tuple[str, str]]:
    """Every function and method of `bot`, as module and name, with its source."""
    for path in sorted(Path(bot.__file__).parent.rglob("*.py")):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.stem}.{node.name}", ast.get_source_segment(text, node) or ""


def test_words_that_were_ever_shown_are_still_heard() -> None:
    """Messages of months ago hold them."""
    words = [
        *("vary_subtle", "vary_strong", "reroll", "remix", "upscale", "strip", "compare", "delete"),
        *("more", "back", "cancel", "v1", "v2", "v3", "v4", "reroll_all", "pick"),
        *("compare_parent", "compare_root", "share_parent", "share_root", "unpost"),
    ]
    for word in words:
        heard = [
            button
            for button in BUTTONS
            if button.__discord_ui_compiled_template__.fullmatch(f"r:{word}:{'z' * 22}")
        ]
        assert len(heard) == 1, word
