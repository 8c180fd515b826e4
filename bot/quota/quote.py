"""What a wish costs and what is left today, told before anything is spent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.jobs.origin import Origin
from bot.jobs.spec import JobSpec
from bot.moderation.admission import Admission
from bot.offer import Offer
from bot.quota import texts
from bot.quota.price import PriceRule, price
from storage.errors import QuotaExceeded
from storage.quota import QuotaBalance

if TYPE_CHECKING:
    from bot.application import Application

# A picture of the usual kind costs so much; nobody is asked about that.
USUAL_PRICE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a member would pay.

    Attributes:
        count: How many pictures it is about.
        price: Credits for all of them.
        balance: What the member has today.
    """

    count: int
    price: int
    balance: QuotaBalance

    @property
    def told(self) -> str:
        """What it costs and what is left, in words; empty for members without a limit."""
        if self.balance.remaining is None:
            return ""
        return texts.price_of(self.count, self.price, self.balance)

    @property
    def is_usual(self) -> bool:
        """Nothing that a member would have to be told first; without a limit nothing is."""
        return self.price <= USUAL_PRICE or self.balance.remaining is None


def costs_of(specs: Sequence[JobSpec], offer: Offer, rule: PriceRule) -> list[int]:
    """Credits for each picture of a wish."""
    return [price(spec.params, offer.still(spec.params.checkpoint), rule=rule) for spec in specs]


async def quote(app: "Application", origin: Origin, specs: Sequence[JobSpec]) -> Quote:
    """The quote of a wish; nothing is checked yet, and nothing charged."""
    ruling = await app.quotas.ruling(origin)
    balance = await app.database.quota.balance(origin.guild_id, origin.user_id, ruling.terms)
    cost = sum(costs_of(specs, app.offer, ruling.prices))
    return Quote(count=len(specs), price=cost, balance=balance)


async def require_means(app: "Application", origin: Origin, asked: Quote) -> None:
    """Refuse what would be refused anyway, before the member is asked whether to pay for it.

    Raises:
        NotAllowed: A rule of the guild says no, or too little is left.
    """
    await Admission(app.database).admit(origin)
    balance = asked.balance
    if balance.remaining is not None and asked.price > balance.remaining:
        with texts.refusals():
            raise QuotaExceeded(balance.used, balance.limit or 0, balance.resets_at, asked.price)
