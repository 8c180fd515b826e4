"""Looks: built in, a member's own, a guild's; found by name, filled with words, within limits."""

from pathlib import Path

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.looks.filling import fill
from bot.looks.listing import LAYOUT_MAX_CHARS, listing
from bot.looks.look import BUILT_IN, MAX_NAME_CHARS, MAX_TEMPLATE_CHARS, PLACE, Look
from bot.looks.shelf import MAX_MEMBER_LOOKS, Shelved, Whose
from storage.looks import LookOwner
from tests.bot.stage import stage


def test_ten_are_built_in_and_each_takes_words() -> None:
    assert len(BUILT_IN) == 10
    for look in BUILT_IN:
        assert look.template.count(PLACE) == 1
        assert len(look.name) <= MAX_NAME_CHARS
        with_words, without = fill(look.template, "my cat"), fill(look.template, "")
        assert "my cat" in with_words
        assert without
        assert PLACE not in without
        assert not without.startswith((",", " "))
        assert " ," not in without


@pytest.mark.parametrize(
    ("template", "words", "prompt"),
    [
        ("{prompt}, neon", "my cat", "my cat, neon"),
        ("{prompt}, neon", "", "neon"),
        ("a sketch of {prompt}, ink", "my cat", "a sketch of my cat, ink"),
        ("a sketch of {prompt}, ink", " ", "a sketch, ink"),
        ("neon", "my cat", "my cat, neon"),
        ("neon, {prompt}", "", "neon"),
        ("{prompt}, neon", "{prompt}", "{prompt}, neon"),
    ],
)
def test_words_take_their_place(template: str, words: str, prompt: str) -> None:
    assert fill(template, words) == prompt


@given(words=st.text(max_size=60), before=st.text(max_size=20), after=st.text(max_size=20))
def test_words_are_put_in_as_they_are(words: str, before: str, after: str) -> None:
    template = f"{before}{PLACE}{after}"
    if template.count(PLACE) == 1 and words.strip():
        assert fill(template, words) == f"{before}{words.strip()}{after}"


def test_the_list_fits_whatever_was_saved() -> None:
    look = Look(name="n" * MAX_NAME_CHARS, template="*" * MAX_TEMPLATE_CHARS)
    found = [Shelved(look=look, whose=whose) for whose in Whose for _ in range(60)]
    view = listing(found)
    assert view.content_length() <= LAYOUT_MAX_CHARS
    assert "more do not fit" in str([item.to_component_dict() for item in view.children])


async def test_a_member_saves_lists_uses_and_deletes_a_look(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        alice, bob, channel = s.world.alice, s.world.bob, s.world.channel
        saved = await s.command("look save", name=" Wood  cut ", template="{prompt}, a woodcut")
        assert saved.interaction.response is not None
        assert "**Wood cut**" in saved.interaction.response.content
        offered = await alice.autocomplete(channel, "restyle", "look", "WOOD")
        assert offered == [{"name": "Wood cut (yours)", "value": "Wood cut"}]
        assert await bob.autocomplete(channel, "restyle", "look", "wood") == []
        message = await s.result(look="wood cut", prompt="a fox")
        assert s.engine.attempts[-1].params.prompt == "a fox, a woodcut"
        assert "look Wood cut" in message.content
        # A look alone says enough.
        await s.result(look="wood cut", prompt=None)
        assert s.engine.attempts[-1].params.prompt == "a woodcut"
        assert "no look of that name" in (await s.restyle(bob, look="wood cut")).refusal
        shown = await s.command("look list")
        assert shown.interaction.response is not None
        assert "Wood cut" in str(shown.interaction.response.components)
        assert "film noir" in str(shown.interaction.response.components)
        names = await alice.autocomplete(channel, "look delete", "name", "")
        assert [choice["value"] for choice in names] == ["Wood cut"]
        await s.command("look delete", name="WOOD CUT")
        assert await alice.autocomplete(channel, "restyle", "look", "wood") == []
        assert "saved no look" in (await s.command("look delete", name="wood cut")).refusal


async def test_an_own_look_hides_the_guilds_and_that_one_built_in(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        guild_id, alice = s.world.alice.guild.id, s.world.alice
        shelf = s.app.looks
        await shelf.save(LookOwner("guild", guild_id), "neon", "guild neon", 1)
        assert (await shelf.find(guild_id, alice.id, "Neon")).template == "guild neon"
        await shelf.save(LookOwner("member", alice.id), "NEON", "my neon", alice.id)
        assert (await shelf.find(guild_id, alice.id, "neon")).template == "my neon"
        # Elsewhere the guild's counts for nobody.
        assert "glowing" in (await shelf.find(None, 5, "neon")).template


@pytest.mark.parametrize("template", ["{prompt}", " , {prompt}", "{prompt} and {prompt}", "   "])
async def test_a_template_that_says_nothing_is_refused(tmp_path: Path, template: str) -> None:
    async with stage(tmp_path) as s:
        refused = await s.command("look save", name="x", template=template)
        assert "template has 1 to" in refused.refusal
        assert "name has 1 to" in (await s.command("look save", name=" ", template="x")).refusal


async def test_a_member_saves_no_more_than_the_picker_shows(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        owner = LookOwner("member", s.world.alice.id)
        for at in range(MAX_MEMBER_LOOKS):
            await s.app.looks.save(owner, f"look {at}", "x", owner.id)
        assert "one too many" in (await s.command("look save", name="more", template="x")).refusal
        # An older one may still be replaced.
        await s.app.looks.save(owner, "Look 3", "y", owner.id)
        offered = await s.world.alice.autocomplete(s.world.channel, "restyle", "look", "")
        assert len(offered) == 25


async def test_moderators_save_looks_for_everybody_and_it_is_logged(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        guild = s.world.alice.guild
        role = guild.create_role("Mods", permissions=discord.Permissions(moderate_members=True))
        carol = guild.add_member(s.world.env.create_user("carol"), roles=[role])
        saved = await s.command(
            "mod look save", carol, name="House", template="{prompt}, our house", reason="taste"
        )
        assert saved.interaction.response is not None
        assert "**House**" in saved.interaction.response.content
        await s.result(look="house", prompt="a fox")
        assert s.engine.attempts[-1].params.prompt == "a fox, our house"
        offered = await s.world.bob.autocomplete(s.world.channel, "restyle", "look", "house")
        assert offered == [{"name": "House (this server's)", "value": "House"}]
        await s.command("mod look delete", carol, name="HOUSE")
        assert (
            "no look of that name"
            in (await s.command("mod look delete", carol, name="HOUSE")).refusal
        )
        deleted, kept = await s.app.database.audit.page(guild.id, limit=5)
        assert (kept.action, kept.target_id, kept.reason) == ("look save", "House", "taste")
        assert kept.after == {"template": "{prompt}, our house"}
        assert (deleted.action, deleted.before) == ("look delete", kept.after)
