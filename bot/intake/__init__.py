"""Pictures coming in and going out: decoded in sandboxed processes, sized, stripped, explained."""

from bot.intake.errors import (
    BrokenPicture,
    CannotShrink,
    DecoderCrashed,
    IntakeError,
    IntakeUnavailable,
    MaskMismatch,
    NotAPicture,
    NothingMarked,
    TookTooLong,
    TooManyBytes,
    TooManyPixels,
    TooMuchMemory,
    TooNarrow,
    UnsupportedFormat,
)
from bot.intake.intake import Intake
from bot.intake.limits import IntakeLimits
from bot.intake.sizing import SizeRule
from bot.intake.wire import Encoded, Prepared

__all__ = [
    "BrokenPicture",
    "CannotShrink",
    "DecoderCrashed",
    "Encoded",
    "Intake",
    "IntakeError",
    "IntakeLimits",
    "IntakeUnavailable",
    "MaskMismatch",
    "NotAPicture",
    "NothingMarked",
    "Prepared",
    "SizeRule",
    "TooManyBytes",
    "TooManyPixels",
    "TooMuchMemory",
    "TooNarrow",
    "TookTooLong",
    "UnsupportedFormat",
]
