"""A Discord on the wire: REST, CDN and gateway on a local port, and a bot process before it."""

from tests.wire.bot import BotProcess
from tests.wire.cdn import Upload
from tests.wire.discord import FakeDiscord
from tests.wire.faults import Drop, RateLimit, Reply, Slow
from tests.wire.gestures import Interaction
from tests.wire.world import Channel, Guild, Member, Message

__all__ = [
    "BotProcess",
    "Channel",
    "Drop",
    "FakeDiscord",
    "Guild",
    "Interaction",
    "Member",
    "Message",
    "RateLimit",
    "Reply",
    "Slow",
    "Upload",
]
