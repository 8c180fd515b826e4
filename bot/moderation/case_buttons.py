"""The buttons on a card. Each knows the case and the decision, and nothing else is remembered."""

import re
from typing import TYPE_CHECKING, Any, Self

import discord
import structlog

from bot.boundary import Pressable
from bot.errors import Gone
from bot.language import _, reading
from bot.moderation import case_texts, texts
from bot.moderation.aftermath import delete_again, follow
from bot.moderation.deeds import deed_of
from bot.moderation.gate import MODERATOR, require
from storage.cases import Case
from storage.moderation_tables import CaseKind, Decision, TargetKind

if TYPE_CHECKING:
    from bot.client import RestyleBot

log = structlog.get_logger(__name__)

OFFERED = {
    CaseKind.REPORT: (Decision.REMOVE, Decision.BLOCK, Decision.REFUND, Decision.DISMISS),
    CaseKind.SOURCE: (Decision.ALLOW, Decision.REFUSE),
    CaseKind.RESULT: (Decision.ALLOW, Decision.REFUSE),
}
REMOVALS = (Decision.REMOVE, Decision.BLOCK)
# What a decision is set off by from what stands on the card.
DECISION = "\n**"
DANGERS = (Decision.REMOVE, Decision.BLOCK, Decision.REFUSE)
# The largest number that a database's 64 bits hold.
LARGEST = 2**63 - 1


class CaseButton(
    Pressable[discord.ui.Button[Any]],
    template=r"m:case:(?P<decision>remove|block|refund|dismiss|allow|refuse):(?P<case>\d{1,19})",
):
    """Decides a case of the guild in which it is pressed."""

    def __init__(self, case_id: int, decision: Decision) -> None:
        self.case_id = case_id
        self.decision = decision
        danger = decision in DANGERS
        super().__init__(
            discord.ui.Button(
                label=_(case_texts.LABELS[decision]),
                style=discord.ButtonStyle.danger if danger else discord.ButtonStyle.secondary,
                custom_id=f"m:case:{decision.value}:{case_id}",
            )
        )

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """See ``Pressable``."""
        return cls(min(int(match["case"]), LARGEST), Decision(match["decision"]))

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Decide, then do outside of the database what that means."""
        require(interaction, MODERATOR)
        await interaction.response.defer()
        await self._decide(interaction)

    async def _decide(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        cases = interaction.client.app.database.cases
        assert interaction.guild_id is not None
        case = await cases.get(interaction.guild_id, self.case_id)
        # A custom_id written by hand may offer what this kind of case does not.
        if case is None or self.decision not in OFFERED[case.kind]:
            log.warning("a case was decided that is none", case=self.case_id)
            raise Gone(_(case_texts.DECIDED_ALREADY))
        deed = deed_of(
            interaction,
            f"{case.kind.value} {self.decision.value}",
            target_kind=TargetKind.MEMBER,
            target_id=case.member_id,
            # Not in the reporter's words: the blocked would read them, and the log is for ever.
            reason=f"{case.kind.value} {case.id}",
        )
        settled = await cases.settle(deed, case.id, self.decision)
        if settled is None:
            # Another card, another moderator, or the time has settled it.
            if (known := await cases.get(case.guild_id, case.id)) is not None:
                await self._look_again(interaction, known)
            raise Gone(_(case_texts.DECIDED_ALREADY))
        gone = await follow(interaction.client, settled)
        await _close_card(interaction, settled.case, moved=settled.moved, gone=gone)

    async def _look_again(self, interaction: "discord.Interaction[RestyleBot]", case: Case) -> None:
        """Show how a case was decided; a removed picture's message that is still there goes."""
        gone = case.decision not in REMOVALS or await delete_again(interaction.client, case)
        await _close_card(interaction, case, gone=gone)


async def _close_card(
    interaction: "discord.Interaction[RestyleBot]", case: Case, *, moved: bool = True, gone: bool
) -> None:
    """Write the decision onto the card; it keeps its buttons while a message is yet to go."""
    guild, message = interaction.guild, interaction.message
    with reading("en-US" if guild is None else guild.preferred_locale.value):
        line = case_texts.decided(case, moved=moved, gone=gone)
    written = "" if message is None else message.content.partition(DECISION)[0]
    decision = f"{DECISION}{line}**"
    content = texts.cut(written, spared=len(decision)) + decision
    view = None if gone else case_view(case)
    # Its pictures go as well: what was removed is to be seen nowhere.
    await interaction.edit_original_response(content=content, view=view, attachments=[])


def case_view(case: Case) -> discord.ui.View:
    """The buttons under a card."""
    view = discord.ui.View(timeout=None)
    for decision in OFFERED[case.kind]:
        view.add_item(CaseButton(case.id, decision))
    return view
