"""`/status`: how engine, queue, deliveries and disk are, for those who manage a server."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot import __version__
from bot.language import _, ngettext
from bot.language.formats import duration, number, seconds
from bot.listing import fitted
from bot.moderation.gate import ADMIN
from engine.api import Health, WorkerHealth

if TYPE_CHECKING:
    from bot.client import RestyleBot

GIB = 1024**3


@app_commands.command(name="status", description="How engine, queue, deliveries and disk are")
@app_commands.default_permissions(ADMIN)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
async def status_command(interaction: "discord.Interaction[RestyleBot]") -> None:
    """Answer to the admin alone; nothing of other guilds is in it but sums."""
    await interaction.response.defer(ephemeral=True)
    app = interaction.client.app
    health = app.engine.health()
    to_deliver = await app.database.outbox.pending()
    free = (await asyncio.to_thread(shutil.disk_usage, app.settings.data_dir)).free
    waiting = app.line.length
    lines = [
        _("**Restyle {version}**, running for {time}.").format(
            version=__version__, time=duration(time.monotonic() - app.began_s)
        ),
        *_engine(health, app.checkpoint.name),
        ngettext("{count} job waits.", "{count} jobs wait.", waiting).format(count=waiting),
        ngettext(
            "{count} outcome is still to be delivered.",
            "{count} outcomes are still to be delivered.",
            to_deliver,
        ).format(count=to_deliver),
        _("{free} GiB are free on the disk.").format(free=number(free / GIB, 1)),
    ]
    await interaction.edit_original_response(content=fitted(lines))


def _worker(worker: WorkerHealth) -> str:
    if worker.drained:
        return _("• {name} gets no work for now: {why}").format(
            name=worker.name, why=worker.drained
        )
    if not worker.alive:
        return _("• {name} is not there yet.").format(name=worker.name)
    return _("• {name} on {node}: {running} of {slots} places are taken.").format(
        name=worker.name,
        node=worker.node or "–",
        running=number(worker.running),
        slots=number(worker.slots),
    )


def _engine(health: Health, checkpoint: str) -> Iterator[str]:
    if not health.alive:
        yield _("⚠️ The engine is down. Jobs wait until it is back; nothing is lost.")
        return
    yield _(
        "The engine is ready on {device} with {checkpoint}; {running} of {slots} places are taken."
    ).format(
        device=health.device,
        checkpoint=health.checkpoint or checkpoint,
        running=number(len(health.running)),
        slots=number(health.slots),
    )
    if health.step_seconds:
        slowest = max(health.step_seconds.values())
        yield _("A step takes up to {time}.").format(time=seconds(slowest))
    if health.memory_total_bytes:
        yield _("It has taken {taken} of {total} GiB of memory.").format(
            taken=number(health.memory_bytes / GIB, 1),
            total=number(health.memory_total_bytes / GIB, 1),
        )
    yield from map(_worker, health.workers)
    if health.restarts:
        yield ngettext(
            "It was lost {count} time since I was started.",
            "It was lost {count} times since I was started.",
            health.restarts,
        ).format(count=number(health.restarts))
