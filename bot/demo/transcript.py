"""What was said and shown in the demo, as transcript.json and picture files."""

from pathlib import Path

import discord
import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One turn.

    Attributes:
        attachments: File names in the transcript's own folder.
        buttons: Labels of the buttons under the message.
    """

    actor: str
    action: str
    content: str
    attachments: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()


class Transcript:
    """Collects turns and saves their files as they come, in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[Entry] = []

    def did(self, actor: str, action: str, content: str, files: dict[str, bytes]) -> None:
        """A member did something."""
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        self.entries.append(
            Entry(actor=actor, action=action, content=content, attachments=tuple(files))
        )

    async def answered(self, name: str, message: discord.Message) -> Path:
        """The bot showed a result: save its picture as ``name`` and return the path."""
        [attachment] = message.attachments
        path = self.folder / f"{name}{Path(attachment.filename).suffix}"
        path.write_bytes(await attachment.read())
        self.entries.append(
            Entry(
                actor="Restyle",
                action="answer",
                content=message.content,
                attachments=(path.name,),
                buttons=tuple(labels(message)),
            )
        )
        return path

    def save(self) -> Path:
        """Write transcript.json."""
        path = self.folder / "transcript.json"
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self.entries), indent=2) + b"\n")
        return path


def labels(message: discord.Message) -> list[str]:
    """The labels of all buttons under a message."""
    return [
        child.label or ""
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for child in row.children
        if isinstance(child, discord.Button)
    ]
