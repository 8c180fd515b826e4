"""What moderators read about quotas."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from babel.dates import format_date

from bot.language import _, reader
from bot.moderation.texts import cut
from bot.quota.ruling import prices_of
from bot.quota.texts import prices
from bot.settings import Settings
from storage.guilds import Guild
from storage.quota_rules import UNLIMITED, Allowance, Policy
from storage.quota_tables import AllowanceScope

# Stands for "take the rule away" where a number, 0 and None have meanings of their own.
DEFAULT: Final = -1
HOUR_S = 3600


def set_to(scope: AllowanceScope | None, target_id: int, amount: int | None) -> str:
    """The answer to `/mod quota set`."""
    return f"{_named(scope, target_id)}: {_a_day(amount)}."


def granted(scope: AllowanceScope | None, target_id: int, amount: int, last: date) -> str:
    """The answer to `/mod quota grant`."""
    sentence = _("{who} can make {amount} pictures more, until {day}.")
    day = format_date(last, "medium", locale=reader())
    return sentence.format(who=_named(scope, target_id), amount=amount, day=day)


def was_reset(scope: AllowanceScope | None, target_id: int, given_back: int) -> str:
    """The answer to `/mod quota reset`."""
    sentence = _("{who}: today is counted from zero again; {amount} given back.")
    return sentence.format(who=_named(scope, target_id), amount=given_back)


def pool_is(amount: int | None) -> str:
    """The answer to `/mod quota pool`."""
    return _("All members together: {allowance}.").format(allowance=_a_day(amount))


def waiting_is(span: str, seconds: int) -> str:
    """The answer to `/mod quota waiting`."""
    if not seconds:
        return _("New members need not wait.")
    return _("New members wait {span}.").format(span=span.strip())


def done() -> str:
    """The answer to what changes several numbers."""
    return _("Done. `/mod quota rules` shows all rules.")


def rules(guild: Guild, policy: Policy, allowances: Sequence[Allowance], settings: Settings) -> str:
    """The answer to `/mod quota rules`."""
    default = settings.daily_quota if guild.daily_quota is None else guild.daily_quota
    lines = [set_to(None, 0, None if default == UNLIMITED else default)]
    lines += [f"- {set_to(one.scope, one.target_id, one.credits)}" for one in allowances]
    lines.append(pool_is(policy.pool))
    lines.append(waiting_is(f"{policy.new_member_wait_s / HOUR_S:g} h", policy.new_member_wait_s))
    sentence = _("At once: {member} of a member, {server} of all.")
    lines.append(
        sentence.format(
            member=policy.max_in_flight_per_user or settings.max_in_flight_per_user,
            server=policy.max_in_flight_per_guild or settings.max_in_flight_per_guild,
        )
    )
    lines.append(prices(prices_of(policy)))
    if policy.vote_role_id is not None:
        sentence = _("Requests are granted by {needed} votes of {role} within {hours} h.")
        hours = f"{policy.vote_window_s / HOUR_S:g}"
        role = f"<@&{policy.vote_role_id}>"
        lines.append(sentence.format(needed=policy.votes_needed, role=role, hours=hours))
    return cut("\n".join(lines))


def _a_day(amount: int | None) -> str:
    if amount is None:
        return _("unlimited")
    if amount == DEFAULT:
        return _("the default")
    return _("{amount} pictures a day").format(amount=amount)


def _named(scope: AllowanceScope | None, target_id: int) -> str:
    match scope:
        case AllowanceScope.MEMBER:
            return f"<@{target_id}>"
        case AllowanceScope.ROLE:
            return f"<@&{target_id}>"
        case AllowanceScope.CHANNEL:
            return f"<#{target_id}>"
        case None:
            return _("Everybody")
