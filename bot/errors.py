"""The bot's error tree: what a member is told, and what an operator is told.

RestyleError
├── MemberError           one kind sentence for the member who asked
│   ├── NoPicture             nothing to start from in the message or attachment
│   ├── DownloadFailed        the attachment could not be fetched
│   ├── NotYours              only the author or a moderator may do that
│   ├── NotAllowed            the guild, channel or quota says no
│   └── Gone                  the job or its picture is no longer kept
└── SettingsError         an operator's setting is wrong
"""


class RestyleError(Exception):
    """Root of the tree; ``str(error)`` is one sentence."""


class MemberError(RestyleError):
    """Ends an interaction with its sentence, told to the member who asked."""


class NoPicture(MemberError):
    """There is no picture to start from."""


class DownloadFailed(MemberError):
    """The attachment could not be fetched from Discord."""


class NotYours(MemberError):
    """Only the author or a moderator may do that."""


class NotAllowed(MemberError):
    """A rule of the guild, or the quota, says no."""


class Gone(MemberError):
    """The job or its picture is no longer kept."""


class SettingsError(RestyleError):
    """A setting is wrong or missing; told to the operator."""
