"""What lands on the moderators' desk, and each decision on it: reports, doubts, requests."""

from collections.abc import Awaitable, Callable
from typing import Any

from PIL import Image

from storage.moderation_tables import Decision
from tests.engine.pictures import encoded
from tests.wire.cdn import Upload
from tests.wire.gestures import Interaction
from tests.wire.scene import Scene
from tests.wire.world import Member, Message, Role, walk

Press = Callable[[Member, Message, str], Awaitable[Interaction]]

# Blocking comes last: it is the author of the others' pictures who is blocked.
ON_REPORTS = (Decision.DISMISS, Decision.REFUND, Decision.REMOVE, Decision.BLOCK)
ON_REQUESTS = ("approve", "less", "deny", "vote")
# The content check's model scores such a picture about 0.21, so with lines around that it doubts.
SKIN = encoded(Image.new("RGB", (96, 64), (224, 172, 140)), "PNG")
DOUBTING: dict[str, Any] = {
    "content_check": "opennsfw",
    "content_review_score": 0.1,
    "content_refuse_score": 0.99,
}


class Desk:
    """The moderators of a scene at work.

    Args:
        moderator: Decides.
        press: Presses a button of a message and sees its answer through.
    """

    def __init__(self, scene: Scene, moderator: Member, press: Press) -> None:
        self._scene = scene
        self._discord = scene.discord
        self._moderator = moderator
        self._press = press

    async def open(self) -> Role:
        """Choose where cards go, and who votes: whoever has the role that is returned."""
        await self._command("mod set report-channel", channel=self._scene.channel)
        await self._command("mod set request-channel", channel=self._scene.channel)
        role = await self._discord.role(self._scene.guild, "painters")
        await self._command("mod quota votes", role=role, needed=1)
        self._voter = self._discord.member("Vera", roles=(role.id,), locale=self._moderator.locale)
        return role

    async def reports(self) -> None:
        """One report for each decision, and each decided."""
        author = self._discord.member("Ole", locale=self._moderator.locale)
        for decision in ON_REPORTS:
            asked = await self._scene.restyle("a garden", author)
            shown = await self._discord.result(asked)
            await self._press(self._moderator, shown, "report")
            await self._decide(decision)

    async def requests(self) -> None:
        """One request for each button of its card, by another member each."""
        for button in ON_REQUESTS:
            asker = self._discord.member(f"Pia {button}", locale=self._moderator.locale)
            asked = await self._discord.slash(
                asker, self._scene.channel, "quota ask", amount=2, why="a long wedding"
            )
            await self._discord.answered(asked)
            card = await self._card(f"q:{button}:")
            who = self._voter if button == "vote" else self._moderator
            await self._press(who, card, f"q:{button}:")
            await self._closed(card)

    async def doubts(self) -> None:
        """Two pictures that the content check doubts: one is let pass, one is not."""
        for decision in (Decision.ALLOW, Decision.REFUSE):
            await self._scene.restyle(image=Upload(SKIN, "skin.png"))
            await self._decide(decision)

    async def _decide(self, decision: Decision) -> None:
        word = f"m:case:{decision.value}:"
        card = await self._card(word)
        await self._press(self._moderator, card, word)
        await self._closed(card)

    async def _card(self, word: str) -> Message:
        """The message that has a button of that word, once it is there."""

        def cards() -> list[Message]:
            return [
                message
                for message in self._discord.world.messages.values()
                if not message.deleted
                and any(word in node.get("custom_id", "") for node in walk(message.components))
            ]

        await self._discord.until(cards)
        return cards()[-1]

    async def _closed(self, card: Message) -> None:
        await self._discord.until(lambda: not card.components)

    async def _command(self, name: str, **options: Any) -> None:
        asked = await self._discord.slash(self._moderator, self._scene.channel, name, **options)
        await self._discord.answered(asked)
        await self._discord.until(lambda: bool(asked.told()))
