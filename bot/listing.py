"""How a picture is named in a list: its prompt on one line, what made it, where it stands."""

import msgspec

from bot import texts
from bot.jobs.address import jump_url
from bot.jobs.spec import JobSpec, is_private
from bot.language import _
from bot.language.formats import number
from storage.records import Job

MESSAGE_CHARS = 2000


def prompt_of(job: Job, chars: int) -> str:
    """The prompt on one line, at most about ``chars`` long, with its markup disarmed."""
    spec = JobSpec.from_mapping(job.params)
    prompt = " ".join(spec.params.prompt.split())
    if len(prompt) > chars:
        prompt = prompt[: chars - 1] + "…"
    short = msgspec.structs.replace(spec.params, prompt=prompt)
    return texts.shown_prompt(msgspec.structs.replace(spec, params=short))


def facts_of(job: Job) -> list[str]:
    """Strength, seed and checkpoint, in few words each."""
    spec = JobSpec.from_mapping(job.params)
    facts = [_("seed {seed}").format(seed=spec.params.seed), spec.params.checkpoint]
    if spec.source_hash is not None:
        strength = number(spec.params.strength, 2)
        facts.insert(0, _("strength {strength}").format(strength=strength))
    return facts


def jump_link(job: Job) -> str | None:
    """The address of the message that shows the job, if one is known and stays."""
    if job.message_id is None or is_private(job):
        return None
    return jump_url(job)


def fitted(lines: list[str], max_chars: int = MESSAGE_CHARS) -> str:
    """The lines as one text, without the last ones where it would be too long."""
    kept = list(lines)
    while len("\n".join(kept)) > max_chars:
        kept = [*kept[:-2], "…"]
    return "\n".join(kept)


def parted(lines: list[str], max_chars: int = MESSAGE_CHARS) -> list[str]:
    """The lines as texts of at most ``max_chars``, as few as it takes; no line is longer."""
    texts = [lines[0]]
    for line in lines[1:]:
        longer = f"{texts[-1]}\n{line}"
        if len(longer) <= max_chars:
            texts[-1] = longer
        else:
            texts.append(line)
    return texts
