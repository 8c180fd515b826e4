"""`/privacy`: take along what is yours, have it deleted, or be left alone."""

import io
import re
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import app_commands

from bot.boundary import Pressable
from bot.errors import NotYours
from bot.language import _, ngettext
from bot.privacy.export import export
from bot.privacy.forgetting import Deleted, forget

if TYPE_CHECKING:
    from bot.client import RestyleBot

# Room in an upload for everything beside the file.
MULTIPART_BYTES = 16 * 1024
# More messages than this are no answer any more; the operator has the rest.
MAX_PARTS = 10
FORGET = r"forget:(?P<user_id>[0-9]{1,20})"


class ForgetButton(Pressable[discord.ui.Button[Any]], template=FORGET):
    """Deletes everything of the member whose id it bears, when they press it."""

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id
        super().__init__(
            discord.ui.Button(
                label=_("Delete everything"),
                custom_id=f"forget:{user_id}",
                style=discord.ButtonStyle.danger,
            )
        )

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """See ``Pressable``."""
        return cls(int(match["user_id"]))

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Delete, and say in the same message what was deleted."""
        if interaction.user.id != self.user_id:
            raise NotYours(_("Only the person whose data it is may do that."))
        await interaction.response.defer()
        deleted = await forget(interaction.client, self.user_id)
        await interaction.edit_original_response(content=_told(deleted), view=None)


def forget_view(user_id: int) -> discord.ui.View:
    """The button under the question whether everything shall be deleted."""
    view = discord.ui.View(timeout=None)
    view.add_item(ForgetButton(user_id))
    return view


privacy_group = app_commands.Group(
    name="privacy",
    description="What I keep of you, and what you may do about it",
    allowed_contexts=app_commands.AppCommandContext(
        guild=True, dm_channel=True, private_channel=True
    ),
    allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
)


@privacy_group.command(name="export", description="Everything I keep of you, as zip files")
async def export_command(interaction: "discord.Interaction[RestyleBot]") -> None:
    """Answer with one file or several, to the member alone."""
    await interaction.response.defer(ephemeral=True)
    app, limit = interaction.client.app, interaction.filesize_limit - MULTIPART_BYTES
    sent, more = 0, False
    async for part in export(app.database, app.images, interaction.user.id, limit):
        if sent == MAX_PARTS:
            more = True
            break
        sent += 1
        name = f"restyle-export-{sent}.zip"
        await interaction.followup.send(file=discord.File(io.BytesIO(part), name), ephemeral=True)
    if more:
        sentence = _(
            "There is more than fits into {count} files; whoever runs this bot can give you the "
            "rest."
        )
        await interaction.followup.send(sentence.format(count=MAX_PARTS), ephemeral=True)


@privacy_group.command(name="delete", description="Delete everything I keep of you")
async def delete_command(interaction: "discord.Interaction[RestyleBot]") -> None:
    """Ask first; the button does it."""
    count = await interaction.client.app.database.members.count(interaction.user.id)
    pictures = ngettext("{count} picture", "{count} pictures", count).format(count=count)
    sentence = _(
        "This deletes all that you made with me, {pictures} and their messages. It cannot be "
        "undone. What stays: how many pictures you made on which day, which the quota needs, and "
        "your wish to be left alone."
    )
    await interaction.response.send_message(
        sentence.format(pictures=pictures),
        view=forget_view(interaction.user.id),
        ephemeral=True,
    )


@privacy_group.command(
    name="opt-out", description="Choose whether others may restyle your pictures"
)
@app_commands.describe(alone="True: nobody but you restyles your pictures and your avatar")
async def opt_out_command(
    interaction: "discord.Interaction[RestyleBot]",
    alone: bool,  # Discord's type
) -> None:
    """Note the wish."""
    await interaction.client.app.database.members.opt_out(interaction.user.id, wish=alone)
    interaction.client.app.eraser.wake()
    kept = _("Noted: nobody but you restyles your pictures and your avatar with me.")
    open_again = _("Noted: others may restyle your pictures and your avatar again.")
    await interaction.response.send_message(kept if alone else open_again, ephemeral=True)


def _told(deleted: Deleted) -> str:
    sentences = [
        ngettext("Deleted: {count} job.", "Deleted: {count} jobs.", deleted.jobs).format(
            count=deleted.jobs
        )
    ]
    if deleted.messages_left:
        sentence = ngettext(
            "{count} message is still to go; I keep trying until it is deleted.",
            "{count} messages are still to go; I keep trying until they are deleted.",
            deleted.messages_left,
        )
        sentences.append(sentence.format(count=deleted.messages_left))
    if deleted.in_flight:
        sentences.append(
            _("Something of yours was just being made; it is stopped. Please ask once more for it.")
        )
    return " ".join(sentences)
