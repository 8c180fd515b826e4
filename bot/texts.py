"""What members read: short sentences and the lines of progress and result messages."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.disarming import disarmed, printable
from bot.jobs.spec import Action, JobSpec
from bot.jobs.status import Status
from bot.language import N_, Sentence, _, ngettext
from bot.language.engine_sentences import heard
from bot.language.formats import duration, number, seconds
from storage.errors import StorageError
from storage.quota import QuotaBalance
from storage.records import Job, JobStatus

if TYPE_CHECKING:
    from bot.jobs.submission import Submitted

BAR_CELLS = 10
PROMPT_SHOWN_CHARS = 300

UNDER_WAY = {
    Action.RESTYLE: N_("Restyling **{prompt}**"),
    Action.VARY_SUBTLE: N_("Restyling a subtle variation of **{prompt}**"),
    Action.VARY_STRONG: N_("Restyling a strong variation of **{prompt}**"),
    Action.REROLL: N_("Restyling a reroll of **{prompt}**"),
    Action.REMIX: N_("Restyling **{prompt}**"),
    Action.IMAGINE: N_("Imagining **{prompt}**"),
    Action.INPAINT: N_("Painting a part anew as **{prompt}**"),
    Action.UPSCALE: N_("Enlarging **{prompt}**"),
    Action.STRIP: N_("Restyling **{prompt}** at five strengths"),
}
FINISHED = {
    Action.RESTYLE: N_("**{prompt}** for {member}"),
    Action.VARY_SUBTLE: N_("A subtle variation of **{prompt}** for {member}"),
    Action.VARY_STRONG: N_("A strong variation of **{prompt}** for {member}"),
    Action.REROLL: N_("A reroll of **{prompt}** for {member}"),
    Action.REMIX: N_("**{prompt}** for {member}"),
    Action.IMAGINE: N_("**{prompt}** for {member}"),
    Action.INPAINT: N_("A part painted anew as **{prompt}** for {member}"),
    Action.UPSCALE: N_("**{prompt}**, enlarged, for {member}"),
    Action.STRIP: N_("**{prompt}** at five strengths for {member}"),
}
# Their pictures have none, or each has its own.
WITHOUT_STRENGTH = {Action.IMAGINE, Action.STRIP}
CANCELLED = N_("Cancelled. This one was not counted.")
TOO_LATE = N_(
    "I may not post here, so I can answer you for a quarter of an hour only, and this picture was "
    "not made by then. It was not counted."
)
NOT_SHOWN = N_(
    "I made this picture, but Discord or my disk did not let me show it to you. "
    "It was not counted; please try again."
)
PAUSED = N_(
    "I am being restarted. This picture keeps its place in the queue and is made when I am back."
)
INTERNAL_ERROR = N_("Something went wrong on my side. It has been noted; please try again.")
STORAGE_ERROR = N_("I cannot write anything down right now. Please try again in a minute.")


def queued(submitted: "Submitted") -> str:
    """Said once the job is durable, before anything is spent, and again when it has moved on."""
    cost = _("It costs {cost}.").format(cost=submitted.cost)
    return f"{_place(submitted.place.number, submitted.wait_s, submitted.balance)} {cost}"


def _place(position: int, wait_s: float | None, balance: QuotaBalance) -> str:
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
    if spec.count > 1:
        count = ngettext("{n} picture", "{n} pictures", spec.count).format(n=spec.count)
        line = f"{line} · {count}"
    if status.total == 0:
        warming_up = _("warming up")
        return f"{line}\n`{'▱' * BAR_CELLS}` {warming_up}"
    filled = status.step * BAR_CELLS // status.total
    bar = "▰" * filled + "▱" * (BAR_CELLS - filled)
    step = _("step {step} of {total}").format(step=status.step, total=status.total)
    return f"{line}\n`{bar}` {step}"


def result(jobs: Sequence[Job], delivery_notes: tuple[Sentence, ...] = ()) -> str:
    """The message that carries the finished picture, or those that share it."""
    made = [job for job in jobs if job.status is JobStatus.DONE]
    first = made[0]
    spec = JobSpec.from_mapping(first.params)
    action = Action(first.action)
    if action is Action.STRIP and len(jobs) == 1:
        # One of the five, picked from its sheet, is a picture like any other.
        action = Action.RESTYLE
    sentence = _(FINISHED[action])
    title = sentence.format(prompt=shown_prompt(spec), member=f"<@{first.user_id}>")
    # What intake said is in the member's language already.
    notes = [*first.source_notes, *map(heard, first.notes), *map(str, delivery_notes)]
    if missing := len(jobs) - len(made):
        left_out = ngettext(
            "{missing} of {count} could not be made, and was not counted.",
            "{missing} of {count} could not be made, and were not counted.",
            missing,
        )
        notes.append(left_out.format(missing=missing, count=len(jobs)))
    facts = " · ".join(_facts(made, spec, action))
    lines = [title, f"-# {facts}", *(f"-# {note}" for note in dict.fromkeys(notes))]
    return "\n".join(lines)[:2000]


def _facts(made: Sequence[Job], spec: JobSpec, action: Action) -> list[str]:
    first, facts = made[0], []
    if action not in WITHOUT_STRENGTH:
        facts.append(_("strength {strength}").format(strength=number(spec.params.strength, 2)))
    seeds = dict.fromkeys(JobSpec.from_mapping(job.params).params.seed for job in made)
    facts.append(_("seed {seed}").format(seed=", ".join(map(str, seeds))))
    if action is not Action.STRIP:
        facts.append(_("{steps} steps").format(steps=first.num_inference_steps))
    if spec.look is not None:
        look = disarmed(spec.look)
        facts.append(_("look {look}").format(look=look))
    facts.append(spec.params.checkpoint)
    took = [job.seconds for job in made if job.seconds is not None]
    if took:
        # They ran side by side.
        facts.append(seconds(max(took)))
    return facts


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
    prompt = printable(spec.params.prompt)
    if spec.source_hash is None:
        return _("A picture made from the words: {prompt}").format(prompt=prompt)[:1024]
    return _("A picture restyled as: {prompt}").format(prompt=prompt)[:1024]


def shown_prompt(spec: JobSpec) -> str:
    """The prompt on one line, cut where it would flood the channel, with its markup disarmed."""
    text = printable(spec.params.prompt)
    if len(text) > PROMPT_SHOWN_CHARS:
        text = text[: PROMPT_SHOWN_CHARS - 1] + "…"
    return disarmed(text)
