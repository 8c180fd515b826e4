"""The bot's error tree: what a member is told, and what an operator is told.

RestyleError
├── MemberError           one kind sentence for the member who asked
│   ├── NoPicture             nothing to start from in the message or attachment
│   ├── DownloadFailed        the attachment could not be fetched
│   ├── NotYours              only the author or a moderator may do that
│   ├── NotAllowed            the guild, channel or quota says no
│   ├── NotUnderstood         what was typed makes no sense there
│   └── Gone                  the job or its picture is no longer kept
├── SettingsError         an operator's setting is wrong
└── ConnectionRefused     Discord closed the connection for good
"""

from bot.language import Sentence


class RestyleError(Exception):
    """Root of the tree; ``str(error)`` is one sentence."""


class MemberError(RestyleError):
    """Ends an interaction with its sentence, told to the member who asked.

    Args:
        sentence: In the reader's language already, or yet to be translated for whoever reads it.
    """

    def __init__(self, sentence: str | Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        """The sentence as its reader of this moment is told it."""
        return str(self.sentence)


class NoPicture(MemberError):
    """There is no picture to start from."""


class DownloadFailed(MemberError):
    """The attachment could not be fetched from Discord."""


class NotYours(MemberError):
    """Only the author or a moderator may do that."""


class NotAllowed(MemberError):
    """A rule of the guild, or the quota, says no.

    Attributes:
        reason: Which rule, by its word in the count of refusals; None for what is not counted.
    """

    def __init__(self, sentence: str | Sentence, reason: str | None = None) -> None:
        super().__init__(sentence)
        self.reason = reason


class NotUnderstood(MemberError):
    """What was typed into an option makes no sense there."""


class Gone(MemberError):
    """The job or its picture is no longer kept."""


class SettingsError(RestyleError):
    """A setting is wrong or missing; told to the operator."""


class ConnectionRefused(RestyleError):
    """Discord closed the connection and will not take another; told to the operator."""
