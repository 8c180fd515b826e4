"""What a job needs to run again at any time, as it is kept in the jobs row."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from engine.params import RestyleParams
from storage.records import Job


class Action(StrEnum):
    """How a job came about; the word in a button's custom_id and in the jobs row."""

    RESTYLE = "restyle"
    VARY_SUBTLE = "vary_subtle"
    VARY_STRONG = "vary_strong"
    REROLL = "reroll"
    REMIX = "remix"
    IMAGINE = "imagine"
    INPAINT = "inpaint"
    UPSCALE = "upscale"
    STRIP = "strip"


class JobSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a job that the engine or the delivery will ask for.

    Attributes:
        source_hash: The prepared source in the image store; None to start from words alone.
        original_width: Pixels of the picture as the member gave it, for the record.
        original_height: Pixels of the picture as the member gave it, for the record.
        mask_hash: A grey picture of the source's size in the image store: white is painted again.
        alpha_hash: Its transparency in the image store, put back on the result.
        source_latents_hash: Final latents of the parent, to start from without encoding.
        look: Name of the look that the prompt was put into, if any.
        count: How many pictures share the job's message.
        notes: What intake changed, one sentence each.
        spoiler: The result is hidden until clicked.
        private: Its message is for the member alone, and can be reached by the token only.
        explicit_allowed: The result may be shown even if it is explicit, so nobody checks it.
        owner_ids: Members whose pictures it goes back to: whose avatar or message the first source
            was, and who made what lies between.
    """

    params: RestyleParams
    source_hash: str | None
    original_width: int
    original_height: int
    alpha_hash: str | None = None
    mask_hash: str | None = None
    source_latents_hash: str | None = None
    look: str | None = None
    count: int = 1
    notes: tuple[str, ...] = ()
    explicit_allowed: bool = False
    spoiler: bool = False
    private: bool = False
    owner_ids: tuple[int, ...] = ()

    def to_mapping(self) -> dict[str, Any]:
        """The JSON form for the jobs row."""
        return msgspec.to_builtins(self)  # type: ignore[no-any-return]  # a struct becomes a dict

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "JobSpec":
        """The inverse of ``to_mapping``; raises ``msgspec.ValidationError``."""
        return msgspec.convert(dict(mapping), cls, strict=False)


def is_private(job: Job) -> bool:
    """Whether a job's message is for its member alone."""
    return bool(job.params.get("private", False))


def is_hidden(job: Job) -> bool:
    """Whether what shows a job's result is hidden until it is clicked."""
    return bool(job.params.get("spoiler", False))
