"""What members read: short sentences and the lines of progress and result messages."""

import discord

from bot.jobs.spec import Action, JobSpec
from bot.jobs.status import Status
from storage.errors import StorageError
from storage.quota import QuotaBalance
from storage.records import Job

BAR_CELLS = 10
PROMPT_SHOWN_CHARS = 300

TITLES = {
    Action.RESTYLE: "",
    Action.VARY_SUBTLE: "a subtle variation of ",
    Action.VARY_STRONG: "a strong variation of ",
    Action.REROLL: "a reroll of ",
    Action.REMIX: "",
}


def queued(position: int, wait_s: float | None, balance: QuotaBalance) -> str:
    """Said once the job is durable."""
    parts = [f"#{position}"]
    if wait_s is not None:
        parts.append(f"about {duration(wait_s)}")
    parts.append(f"{balance.used} of {balance.limit} today")
    return f"Queued ({', '.join(parts)})."


def progress(job: Job, status: Status) -> str:
    """The message while the picture is being made."""
    spec = JobSpec.from_mapping(job.params)
    line = f"Restyling {TITLES[Action(job.action)]}**{shown_prompt(spec)}**"
    if status.total == 0:
        return f"{line}\n`{'▱' * BAR_CELLS}` warming up"
    filled = status.step * BAR_CELLS // status.total
    bar = "▰" * filled + "▱" * (BAR_CELLS - filled)
    return f"{line}\n`{bar}` step {status.step} of {status.total}"


def result(job: Job, delivery_notes: tuple[str, ...] = ()) -> str:
    """The message that carries the finished picture."""
    spec = JobSpec.from_mapping(job.params)
    params = spec.params
    facts = [
        f"strength {params.strength:.2f}",
        f"seed {params.seed}",
        f"{job.num_inference_steps} steps",
        params.checkpoint,
    ]
    if job.seconds is not None:
        facts.append(f"{job.seconds:.1f} s")
    lines = [
        f"{TITLES[Action(job.action)]}**{shown_prompt(spec)}** for <@{job.user_id}>",
        f"-# {' · '.join(facts)}",
    ]
    lines[0] = lines[0][0].upper() + lines[0][1:]
    lines += [f"-# {note}" for note in (*job.source_notes, *job.notes, *delivery_notes)]
    return "\n".join(lines)[:2000]


def failure(job: Job) -> str:
    """The message of a job that failed; the charge was given back."""
    reason = job.error_message or "The picture could not be made."
    return f"{reason} This one was not counted."


CANCELLED = "Cancelled. This one was not counted."
INTERNAL_ERROR = "Something went wrong on my side. It has been noted; please try again."
STORAGE_ERROR = "I cannot write anything down right now. Please try again in a minute."


def sentence_for_surprise(error: Exception) -> str:
    """What a member hears of an error that is not theirs."""
    return STORAGE_ERROR if isinstance(error, StorageError) else INTERNAL_ERROR


def alt_text(job: Job) -> str:
    """Description of the picture for those who cannot see it (Discord takes 1024 characters)."""
    spec = JobSpec.from_mapping(job.params)
    return f"A picture restyled as: {spec.params.prompt}"[:1024]


def shown_prompt(spec: JobSpec) -> str:
    """The prompt on one line, cut where it would flood the channel, with its markup disarmed."""
    text = " ".join(spec.params.prompt.split())
    if len(text) > PROMPT_SHOWN_CHARS:
        text = text[: PROMPT_SHOWN_CHARS - 1] + "…"
    for mark in "\\*_`~|":
        text = text.replace(mark, f"\\{mark}")
    return discord.utils.escape_mentions(text)


def duration(seconds: float) -> str:
    """A time span as people say it: "8 s", "3 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"


def quota(balance: QuotaBalance) -> str:
    """The answer to `/quota`."""
    when = f"<t:{int(balance.resets_at.timestamp())}:R>"
    if balance.remaining == 0:
        return f"You have used all {balance.limit} of today's pictures. You get new ones {when}."
    return (
        f"You have used {balance.used} of {balance.limit} today, so {balance.remaining} are left. "
        f"The count starts again {when}."
    )
