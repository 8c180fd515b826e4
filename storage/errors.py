"""Storage's error tree; ``str(error)`` is always one sentence without parameters or secrets.

StorageError
├── DatabaseUnavailable    locked, full, unreachable: trying again later may help
├── DatabaseRefused        the database said no: a broken rule, an unknown schema
│   ├── DatabaseTaken          an SQLite file has its bot already
│   └── DatabaseBroken         an SQLite file has pages that are none
├── InvalidDatabaseUrl     the URL names no database that we can use
├── QuotaExceeded          a member's credits of the day do not reach
├── PoolExhausted          the credits of the day that a guild shares do not reach
├── TooManyInFlight        a member or a guild has enough jobs waiting or running
├── AlreadySubmitted       this interaction has its job already
├── TooManyLooks           a guild or a member has enough looks saved
├── UnknownJob             there is no job of that id
├── UnknownTimeZone        there is no time zone of that name
├── InvalidImageHash       text that no image can have as its hash
└── ImageStoreFailed       the disk would not read or write (an OSError too)
    └── ImageMissing           no image of that hash is kept
"""

from datetime import datetime
from typing import Literal


class StorageError(Exception):
    """Root of the tree."""


class DatabaseUnavailable(StorageError):
    """The database is locked, full or out of reach; nothing was changed."""


class DatabaseRefused(StorageError):
    """The database will not do that, however often it is asked; nothing was changed."""


class DatabaseTaken(DatabaseRefused):
    """Another bot process works on this SQLite file."""


class DatabaseBroken(DatabaseRefused):
    """Pages of this SQLite file are broken, or it is no SQLite file: a backup is called for."""


class InvalidDatabaseUrl(StorageError):
    """The database URL is neither ``sqlite:///file`` nor ``postgresql://…``."""


class QuotaExceeded(StorageError):
    """The credits left do not reach for the job.

    Attributes:
        used: Credits spent or reserved that day.
        limit: Credits of that day, bonuses included.
        resets_at: When the next day begins, in UTC.
        cost: Credits that were asked for.
    """

    def __init__(self, used: int, limit: int, resets_at: datetime, cost: int = 1) -> None:
        super().__init__(f"{used} of {limit} credits are used until {resets_at.isoformat()}.")
        self.used = used
        self.limit = limit
        self.resets_at = resets_at
        self.cost = cost


class PoolExhausted(StorageError):
    """What a guild's members share of a day does not reach for the job.

    Attributes:
        pool: Credits of that day for all members together.
        resets_at: When the next day begins, in UTC.
    """

    def __init__(self, pool: int, resets_at: datetime) -> None:
        super().__init__(f"The guild's {pool} credits are used until {resets_at.isoformat()}.")
        self.pool = pool
        self.resets_at = resets_at


class TooManyInFlight(StorageError):
    """As many jobs as allowed already wait or run.

    Attributes:
        scope: Whose limit was met: the member's or the guild's.
        limit: Jobs that may be in flight there at once.
    """

    def __init__(self, scope: Literal["user", "guild"], limit: int) -> None:
        super().__init__(f"This {scope} already has {limit} or more jobs waiting or running.")
        self.scope = scope
        self.limit = limit


class AlreadySubmitted(StorageError):
    """This interaction was obeyed before; nothing was charged a second time."""

    def __init__(self, interaction_id: int) -> None:
        super().__init__(f"Interaction {interaction_id} has its job already.")
        self.interaction_id = interaction_id


class TooManyLooks(StorageError):
    """As many looks as allowed are saved already."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"There are {limit} looks already.")
        self.limit = limit


class UnknownJob(StorageError):
    """There is no job of that id."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job {job_id!r}.")
        self.job_id = job_id


class UnknownTimeZone(StorageError):
    """There is no IANA time zone of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no time zone {name!r}; Europe/Berlin would be one.")
        self.name = name


class InvalidImageHash(StorageError):
    """The text is no SHA-256 in lower-case hex, so no path is made from it."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:80]!r} is no image hash.")


class ImageStoreFailed(StorageError, OSError):
    """The disk would not read or write an image."""


class ImageMissing(ImageStoreFailed):
    """No image of that hash is kept."""

    def __init__(self, image_hash: str) -> None:
        super().__init__(f"No image {image_hash} is kept.")
        self.image_hash = image_hash
