"""`/mod usage`: what the guild has used, as a picture and as CSV files."""

import asyncio
import csv
import importlib
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.language import _
from bot.moderation.deeds import deed_of
from storage.quota import day_begins
from storage.usage import DayUsage, MemberUsage

if TYPE_CHECKING:
    from bot.client import RestyleBot

MAX_DAYS = 90
MEMBERS_IN_FILE = 1000
NAMES_TIMEOUT_S = 5.0


@app_commands.command(name="usage", description="Pictures a day, top members, refusals")
@app_commands.describe(days="How many days back, today included; 14 if left out")
async def usage(
    interaction: "discord.Interaction[RestyleBot]",
    days: app_commands.Range[int, 1, MAX_DAYS] = 14,
) -> None:
    """Draw the picture and write the files."""
    await interaction.response.defer(ephemeral=True)
    guild_id = deed_of(interaction, "usage").guild_id
    database = interaction.client.app.database
    now = datetime.now(UTC)
    zone = (await database.guilds.get(guild_id)).timezone
    today = await interaction.client.app.quotas.day(guild_id)
    # By the calendar: a day in between may have 23 or 25 hours.
    since = day_begins(today.date - timedelta(days=days - 1), zone)
    by_day = await database.usage.by_day(guild_id, since, now, zone)
    members = await database.usage.by_member(guild_id, since, now, MEMBERS_IN_FILE)
    counts = await database.refusals.counts(guild_id, since)
    refusals = dict(sorted(counts.items(), key=lambda item: -item[1]))
    # Here and not at the top: it brings Pillow, which a bot needs for nothing else.
    drawing = await asyncio.to_thread(importlib.import_module, "bot.quota.usage_picture")
    shown = members[: drawing.BARS_SHOWN]
    names = await _names(interaction.guild, [one.user_id for one in shown])
    figures = drawing.UsageFigures(
        days=by_day,
        members=members,
        names=names,
        refusals=refusals,
    )
    # Drawing takes a moment of CPU.
    picture = await asyncio.to_thread(drawing.draw_usage, figures)
    alt = _("Pictures a day, members, and refusals of the last {days} days").format(days=days)
    files = [
        discord.File(io.BytesIO(picture), "usage.png", description=alt),
        *_files(by_day, members, refusals),
    ]
    told = ", ".join(f"<@{one.user_id}> {one.jobs}" for one in shown)
    heading = _("The last {days} days. Most pictures: {members}")
    await interaction.edit_original_response(
        content=heading.format(days=days, members=told or "–"),
        attachments=files,
        allowed_mentions=discord.AllowedMentions.none(),
    )


async def _names(guild: discord.Guild | None, user_ids: Sequence[int]) -> dict[int, str]:
    """What members are called; who left, or whom Discord is slow to tell of, is missing."""
    names: dict[int, str] = {}
    if guild is None:
        return names
    try:
        async with asyncio.timeout(NAMES_TIMEOUT_S):
            for user_id in user_ids:
                try:
                    names[user_id] = (await guild.fetch_member(user_id)).display_name
                except discord.HTTPException:
                    continue
    except TimeoutError:
        pass
    return names


def _files(
    days: Sequence[DayUsage], members: Sequence[MemberUsage], refusals: dict[str, int]
) -> list[discord.File]:
    return [
        _csv(
            "usage-days.csv",
            ("date", "jobs", "failed_or_cancelled", "gpu_seconds"),
            ((day.date, day.jobs, day.failed, f"{day.seconds:.3f}") for day in days),
        ),
        _csv(
            "usage-members.csv",
            ("user_id", "jobs", "gpu_seconds"),
            ((one.user_id, one.jobs, f"{one.seconds:.3f}") for one in members),
        ),
        _csv("usage-refusals.csv", ("reason", "count"), refusals.items()),
    ]


def _csv(name: str, header: Sequence[str], rows: Iterable[Iterable[Any]]) -> discord.File:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return discord.File(io.BytesIO(text.getvalue().encode()), name)
