"""A guild's rules as one page, which every command that changes one of them answers with."""

from collections.abc import Iterable

from bot.language import _, ngettext
from bot.moderation import texts
from storage.moderation_tables import SpoilerRule
from storage.quota_rules import UNLIMITED
from storage.rules import GuildRules


def summary(rules: GuildRules, daily_quota: int) -> str:
    """The rules in force; ``daily_quota`` is the operator's, for a guild that chose none."""
    guild = rules.guild
    quota = daily_quota if guild.daily_quota is None else guild.daily_quota
    nsfw = [rule.channel_id for rule in rules.channels.values() if rule.nsfw_allowed]
    hidden = [
        rule.channel_id for rule in rules.channels.values() if rule.spoiler is SpoilerRule.ALWAYS
    ]
    days = guild.retention_days
    lines = [
        (_("State"), _("paused") if guild.paused else _("open")),
        (_("Time zone"), guild.timezone),
        (_("Pictures a day"), _("unlimited") if quota == UNLIMITED else str(quota)),
        (_("Channels"), _listed("#", rules.allowed_channels) or _("all")),
        (_("Roles"), _listed("@&", rules.allowed_roles) or _("all")),
        (_("Explicit pictures"), _listed("#", nsfw) or _("refused everywhere")),
        (_("Always behind a spoiler"), _listed("#", hidden) or _("nowhere")),
        (_("Sources are checked"), _("yes") if guild.source_filter else _("no")),
        (_("Prompt filters"), str(len(rules.filters))),
        (
            _("Pictures are kept"),
            _("as the operator chose")
            if days is None
            else ngettext("{n} day", "{n} days", days).format(n=days),
        ),
        (_("Reports go to"), _channel(guild.report_channel_id)),
        (_("Requests go to"), _channel(guild.moderators_channel_id)),
    ]
    return texts.cut("\n".join(f"**{name}:** {value}" for name, value in lines))


def _listed(mark: str, ids: Iterable[int]) -> str:
    return texts.listed(mark, sorted(ids))


def _channel(channel_id: int | None) -> str:
    return _("nowhere") if channel_id is None else f"<#{channel_id}>"
