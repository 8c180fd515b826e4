"""`/mod`: what moderators do. Every change is one entry of the audit log.

The group has ``default_permissions``, by which Discord hides it and `bot/moderation/gate.py`
checks each use again. A module here makes its commands or a subgroup, and they are named below.
"""

from typing import Any

from discord import app_commands

from bot.commands.mod.blocking import block, blocked, unblock
from bot.commands.mod.channels import channel_rules
from bot.commands.mod.filtering import filter_rules
from bot.commands.mod.log import log
from bot.commands.mod.looks import guild_looks
from bot.commands.mod.pausing import pause, resume
from bot.commands.mod.quota import quota
from bot.commands.mod.quota_policy import POLICY
from bot.commands.mod.roles import role_rules
from bot.commands.mod.settings import guild_rules, rules
from bot.commands.mod.usage import usage
from bot.moderation.gate import MODERATOR

# A group holds at most 25; what belongs together is a subgroup.
PARTS: tuple[app_commands.Command[Any, ..., Any] | app_commands.Group, ...] = (
    block,
    unblock,
    blocked,
    pause,
    resume,
    channel_rules,
    role_rules,
    filter_rules,
    guild_looks,
    guild_rules,
    rules,
    log,
    quota,
    usage,
)

mod = app_commands.Group(
    name="mod",
    description="For moderators: rules, blocks and reports",
    default_permissions=MODERATOR,
    allowed_contexts=app_commands.AppCommandContext(guild=True),
    allowed_installs=app_commands.AppInstallationType(guild=True),
)
for policy in POLICY:
    quota.add_command(policy)
for part in PARTS:
    mod.add_command(part)
