"""What a guild's rules and the operator's settings together say to one member in one place."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.jobs.origin import Origin
from bot.quota.price import PriceRule
from bot.settings import Settings
from storage.database import Database
from storage.quota import QuotaDay, Terms, quota_day
from storage.quota_rules import UNLIMITED, Allowance, Policy, Rules
from storage.quota_tables import AllowanceScope

# The price of large pictures and long schedules where a guild has not set its own.
STANDARD_PRICES = PriceRule()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a member may spend, what things cost them, and from when on.

    Attributes:
        waits_until: When a new member may begin; None for one who may now.
    """

    terms: Terms
    prices: PriceRule
    waits_until: datetime | None = None


class Quotas:
    """Reads the rules that a member meets."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database

    async def ruling(self, origin: Origin) -> Ruling:
        """What holds for whoever sent an interaction, where they sent it.

        What was granted to their roles is written to their account on the way.
        """
        now = datetime.now(UTC)
        if origin.guild_id is None:
            return Ruling(
                terms=Terms(
                    day=quota_day(now, "UTC"),
                    allowance=self._settings.daily_quota,
                    max_in_flight_per_user=self._settings.max_in_flight_per_user,
                    max_in_flight_per_guild=self._settings.max_in_flight_per_guild,
                ),
                prices=STANDARD_PRICES,
            )
        # A thread is part of its channel.
        channel_id = origin.parent_channel_id or origin.channel_id
        # Everybody has the role @everyone, whose id is the guild's, and nobody's list names it.
        roles = origin.role_ids | {origin.guild_id}
        rules = await self._database.quota_rules.rules_for(
            origin.guild_id, origin.user_id, roles, channel_id, now
        )
        if rules.role_grants:
            await self._database.quota_rules.get_role_grants(origin.guild_id, origin.user_id, rules)
        return ruling_by(rules, origin.joined_at, now, self._settings)

    async def day(self, guild_id: int) -> QuotaDay:
        """The guild's day."""
        guild = await self._database.guilds.get(guild_id)
        return quota_day(datetime.now(UTC), guild.timezone)


def ruling_by(
    rules: Rules, joined_at: datetime | None, now: datetime, settings: Settings
) -> Ruling:
    """The rules taken together, as ``allowance_by`` orders them."""
    policy = rules.policy
    allowance, channel_id = allowance_by(rules, settings.daily_quota)
    wait = timedelta(seconds=policy.new_member_wait_s)
    begins = None if joined_at is None else joined_at + wait
    return Ruling(
        terms=Terms(
            day=rules.day,
            allowance=allowance,
            channel_id=channel_id,
            pool=policy.pool,
            max_in_flight_per_user=_or(
                policy.max_in_flight_per_user, settings.max_in_flight_per_user
            ),
            max_in_flight_per_guild=_or(
                policy.max_in_flight_per_guild, settings.max_in_flight_per_guild
            ),
        ),
        prices=prices_of(policy),
        waits_until=begins if begins is not None and begins > now else None,
    )


def allowance_by(rules: Rules, default: int) -> tuple[int | None, int | None]:
    """A member's allowance (None is without limit), and the channel whose own it is.

    In this order: the member's own rule; no limit by a role; the channel's own allowance; the best
    of the member's roles; the guild's default; the operator's.
    """
    by_scope: dict[AllowanceScope, list[Allowance]] = {scope: [] for scope in AllowanceScope}
    for allowance in rules.allowances:
        by_scope[allowance.scope].append(allowance)
    for own in by_scope[AllowanceScope.MEMBER]:
        return own.credits, None
    tiers = [tier.credits for tier in by_scope[AllowanceScope.ROLE]]
    if None in tiers:
        return None, None
    for channels_own in by_scope[AllowanceScope.CHANNEL]:
        return channels_own.credits, channels_own.target_id
    if tiers:
        return max(tier for tier in tiers if tier is not None), None
    if rules.daily_quota == UNLIMITED:
        return None, None
    return _or(rules.daily_quota, default), None


def prices_of(policy: Policy) -> PriceRule:
    """A guild's own factors, the standard ones where it has none."""
    return PriceRule(
        large=_or(policy.price_large, STANDARD_PRICES.large),
        huge=_or(policy.price_huge, STANDARD_PRICES.huge),
        many=_or(policy.price_many, STANDARD_PRICES.many),
        very_many=_or(policy.price_very_many, STANDARD_PRICES.very_many),
    )


def _or(own: int | None, default: int) -> int:
    return default if own is None else own
