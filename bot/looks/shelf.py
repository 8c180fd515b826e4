"""The looks that a member may use: their own, the guild's, and the ten that everybody has."""

from dataclasses import dataclass
from enum import StrEnum

from bot.errors import NotAllowed
from bot.language import N_, _
from bot.looks.look import BUILT_IN, MAX_NAME_CHARS, MAX_TEMPLATE_CHARS, PLACE, Look
from storage.audit import Deed
from storage.errors import TooManyLooks
from storage.looks import LookOwner, Looks, SavedLook, key_of

# With the ten built in, one autocomplete of 25 shows all that a member saved.
MAX_MEMBER_LOOKS = 15
MAX_GUILD_LOOKS = 50

NO_SUCH = N_("There is no look of that name here; `/look list` shows them all.")
NOT_SAVED = N_("You have saved no look of that name.")
BAD_NAME = N_("A look's name has 1 to {most} characters.")
BAD_TEMPLATE = N_("A look's template has 1 to {most} characters, and `{{prompt}}` at most once.")
TOO_MANY = N_("That is one too many; {limit} looks may be saved, so delete one first.")


class Whose(StrEnum):
    """Where a look comes from; the values are to be translated."""

    OWN = N_("yours")
    GUILD = N_("this server's")
    BUILT_IN = N_("built in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A look with where it comes from."""

    look: Look
    whose: Whose


class Shelf:
    """Finds looks by name; a member's own hides the guild's of that name, and that one built in."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks

    async def all_for(self, guild_id: int | None, user_id: int) -> list[Shelved]:
        """What a member may use, their own first; of one name only the look that counts."""
        owners = [LookOwner("member", user_id)]
        if guild_id is not None:
            owners.append(LookOwner("guild", guild_id))
        found = [
            Shelved(
                look=Look(name=saved.name, template=saved.template),
                whose=Whose.OWN if saved.owner.kind == "member" else Whose.GUILD,
            )
            for saved in await self._looks.all_of(*owners)
        ]
        found += [Shelved(look=look, whose=Whose.BUILT_IN) for look in BUILT_IN]
        by_key: dict[str, Shelved] = {}
        for one in found:
            by_key.setdefault(key_of(one.look.name), one)
        return list(by_key.values())

    async def find(self, guild_id: int | None, user_id: int, name: str) -> Look:
        """The look of that name; raises ``NotAllowed`` where there is none."""
        for shelved in await self.all_for(guild_id, user_id):
            if key_of(shelved.look.name) == key_of(name):
                return shelved.look
        raise NotAllowed(_(NO_SUCH))

    async def save(
        self,
        owner: LookOwner,
        name: str,
        template: str,
        saved_by: int,
        deed: Deed | None = None,
    ) -> Look:
        """Keep a look for a member or a guild.

        Raises:
            NotAllowed: Name or template will not do, or there are enough.
        """
        look = Look(name=" ".join(name.split()), template=" ".join(template.split()))
        if not 1 <= len(look.name) <= MAX_NAME_CHARS:
            raise NotAllowed(_(BAD_NAME).format(most=MAX_NAME_CHARS))
        if not 1 <= len(look.template) <= MAX_TEMPLATE_CHARS or look.template.count(PLACE) > 1:
            raise NotAllowed(_(BAD_TEMPLATE).format(most=MAX_TEMPLATE_CHARS))
        if not look.template.replace(PLACE, "").strip(" ,"):
            raise NotAllowed(_(BAD_TEMPLATE).format(most=MAX_TEMPLATE_CHARS))
        limit = MAX_MEMBER_LOOKS if owner.kind == "member" else MAX_GUILD_LOOKS
        saved = SavedLook(owner=owner, name=look.name, template=look.template, saved_by=saved_by)
        try:
            await self._looks.save(saved, at_most=limit, deed=deed)
        except TooManyLooks as error:
            raise NotAllowed(_(TOO_MANY).format(limit=error.limit)) from error
        return look

    async def delete(self, owner: LookOwner, name: str, deed: Deed | None = None) -> None:
        """Forget a look that was saved; raises ``NotAllowed`` where there is none."""
        if not await self._looks.delete(owner, name, deed=deed):
            raise NotAllowed(_(NOT_SAVED if owner.kind == "member" else NO_SUCH))
