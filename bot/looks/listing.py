"""The list of looks as a message: one block of text for each kind, within Discord's limit."""

from collections.abc import Sequence

import discord

from bot.disarming import disarmed
from bot.language import N_, _
from bot.looks.shelf import Shelved, Whose

# Discord's limit on all text in one layout.
LAYOUT_MAX_CHARS = 4000
HEADINGS = {
    Whose.OWN: N_("Your own"),
    Whose.GUILD: N_("This server's"),
    Whose.BUILT_IN: N_("Built in"),
}
HOW_TO = N_("-# Pick one with the option `look`. Your words take the place of `{prompt}`.")
LEFT_OUT = N_("-# {count} more do not fit in here; type in the option `look` to find them.")
# A template is cut in the list; what counts is to recognise it.
TEMPLATE_SHOWN_CHARS = 80
# What headings and the lines at the end need, in any language, is taken off.
ROOM = LAYOUT_MAX_CHARS - 1000


def listing(found: Sequence[Shelved]) -> discord.ui.LayoutView:
    """All of ``found`` under the heading of their kind, as many as there is room for."""
    container: discord.ui.Container[discord.ui.LayoutView] = discord.ui.Container()
    room, left_out = ROOM, 0
    for whose, heading in HEADINGS.items():
        title, lines = _(heading), []
        for shelved in (one for one in found if one.whose is whose):
            line = _line(shelved)
            if len(line) + 1 > room:
                left_out += 1
                continue
            room -= len(line) + 1
            lines.append(line)
        if lines:
            text = "\n".join((f"### {title}", *lines))
            container.add_item(discord.ui.TextDisplay(text))
    if left_out:
        container.add_item(discord.ui.TextDisplay(_(LEFT_OUT).format(count=left_out)))
    container.add_item(discord.ui.TextDisplay(_(HOW_TO)))
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(container)
    return view


def _line(shelved: Shelved) -> str:
    template = shelved.look.template
    if len(template) > TEMPLATE_SHOWN_CHARS:
        template = template[: TEMPLATE_SHOWN_CHARS - 1] + "…"
    # In code nothing has a meaning but the backtick itself.
    shown = template.replace("`", "'")
    return f"**{disarmed(shelved.look.name)}** `{shown}`"
