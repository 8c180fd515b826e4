"""What members read: short sentences and the lines of progress and result messages."""

import discord

from bot.jobs.spec import Action, JobSpec
from bot.jobs.status import Status
from bot.language import N_, Sentence, _
from bot.language.engine_sentences import heard
from bot.language.formats import duration, number, seconds
from storage.errors import StorageError
from storage.quota import QuotaBalance
from storage.records import Job

BAR_CELLS = 10
PROMPT_SHOWN_CHARS = 300

UNDER_WAY = {
    Action.RESTYLE: N_("Restyling **{prompt}**"),
    Action.VARY_SUBTLE: N_("Restyling a subtle variation of **{prompt}**"),
    Action.VARY_STRONG: N_("Restyling a strong variation of **{prompt}**"),
    Action.REROLL: N_("Restyling a reroll of **{prompt}**"),
    Action.REMIX: N_("Restyling **{prompt}**"),
}
FINISHED = {
    Action.RESTYLE: N_("**{prompt}** for {member}"),
    Action.VARY_SUBTLE: N_("A subtle variation of **{prompt}** for {member}"),
    Action.VARY_STRONG: N_("A strong variation of **{prompt}** for {member}"),
    Action.REROLL: N_("A reroll of **{prompt}** for {member}"),
    Action.REMIX: N_("**{prompt}** for {member}"),
}
CANCELLED = N_("Cancelled. This one was not counted.")
INTERNAL_ERROR = N_("Something went wrong on my side. It has been noted; please try again.")
STORAGE_ERROR = N_("I cannot write anything down right now. Please try again in a minute.")


def queued(position: int, wait_s: float | None, balance: QuotaBalance) -> str:
    """Said once the job is durable."""
    values = {"position": position, "used": balance.used, "limit": balance.limit}
    if balance.limit is None:
        if wait_s is None:
            return _("Queued (#{position}, {used} today).").format(**values)
        sentence = _("Queued (#{position}, about {wait}, {used} today).")
    elif wait_s is None:
        return _("Queued (#{position}, {used} of {limit} today).").format(**values)
    else:
        sentence = _("Queued (#{position}, about {wait}, {used} of {limit} today).")
    return sentence.format(wait=duration(wait_s), **values)


def progress(job: Job, status: Status) -> str:
    """The message while the picture is being made."""
    spec = JobSpec.from_mapping(job.params)
    line = _(UNDER_WAY[Action(job.action)]).format(prompt=shown_prompt(spec))
    if status.total == 0:
        warming_up = _("warming up")
        return f"{line}\n`{'▱' * BAR_CELLS}` {warming_up}"
    filled = status.step * BAR_CELLS // status.total
    bar = "▰" * filled + "▱" * (BAR_CELLS - filled)
    step = _("step {step} of {total}").format(step=status.step, total=status.total)
    return f"{line}\n`{bar}` {step}"


def result(job: Job, delivery_notes: tuple[Sentence, ...] = ()) -> str:
    """The message that carries the finished picture."""
    spec = JobSpec.from_mapping(job.params)
    params = spec.params
    facts = [
        _("strength {strength}").format(strength=number(params.strength, 2)),
        _("seed {seed}").format(seed=params.seed),
        _("{steps} steps").format(steps=job.num_inference_steps),
        params.checkpoint,
    ]
    if job.seconds is not None:
        facts.append(seconds(job.seconds))
    sentence = _(FINISHED[Action(job.action)])
    lines = [
        sentence.format(prompt=shown_prompt(spec), member=f"<@{job.user_id}>"),
        f"-# {' · '.join(facts)}",
    ]
    # What intake said is in the member's language already.
    notes = (*job.source_notes, *map(heard, job.notes), *map(str, delivery_notes))
    return "\n".join([*lines, *(f"-# {note}" for note in notes)])[:2000]


def failure(job: Job) -> str:
    """The message of a job that failed; the charge was given back."""
    reason = heard(job.error_message) if job.error_message else _("The picture could not be made.")
    return _("{reason} This one was not counted.").format(reason=reason)


def sentence_for_surprise(error: Exception) -> str:
    """What a member hears of an error that is not theirs."""
    return _(STORAGE_ERROR) if isinstance(error, StorageError) else _(INTERNAL_ERROR)


def alt_text(job: Job) -> str:
    """Description of the picture for those who cannot see it (Discord takes 1024 characters)."""
    spec = JobSpec.from_mapping(job.params)
    return _("A picture restyled as: {prompt}").format(prompt=spec.params.prompt)[:1024]


def shown_prompt(spec: JobSpec) -> str:
    """The prompt on one line, cut where it would flood the channel, with its markup disarmed."""
    text = " ".join(spec.params.prompt.split())
    if len(text) > PROMPT_SHOWN_CHARS:
        text = text[: PROMPT_SHOWN_CHARS - 1] + "…"
    for mark in "\\*_`~|":
        text = text.replace(mark, f"\\{mark}")
    return discord.utils.escape_mentions(text)


def quota(balance: QuotaBalance) -> str:
    """The answer to `/quota`."""
    when = f"<t:{int(balance.resets_at.timestamp())}:R>"
    if balance.limit is None:
        return _("You have used {used} today, and there is no limit.").format(used=balance.used)
    if balance.remaining == 0:
        sentence = _("You have used all {limit} of today's pictures. You get new ones {when}.")
        return sentence.format(limit=balance.limit, when=when)
    sentence = _(
        "You have used {used} of {limit} today, so {remaining} are left. "
        "The count starts again {when}."
    )
    return sentence.format(
        used=balance.used, limit=balance.limit, remaining=balance.remaining, when=when
    )
