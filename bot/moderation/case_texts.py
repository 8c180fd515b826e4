"""What is read about cases: by moderators on the card, by members when it is decided."""

from collections.abc import Sequence

from bot.jobs.address import jump_url
from bot.language import N_, _
from bot.moderation import texts
from storage.cases import Case
from storage.moderation_tables import CaseKind, Decision
from storage.records import Job

PROMPT_SHOWN_CHARS = 600

TITLES = {
    CaseKind.REPORT: N_("Report"),
    CaseKind.SOURCE: N_("The content check doubts a source"),
    CaseKind.RESULT: N_("The content check doubts a result"),
}
LABELS = {
    Decision.REMOVE: N_("Remove"),
    Decision.BLOCK: N_("Remove and block"),
    Decision.REFUND: N_("Refund"),
    Decision.DISMISS: N_("Dismiss"),
    Decision.ALLOW: N_("Allow"),
    Decision.REFUSE: N_("Refuse"),
}
DECIDED = {
    Decision.REMOVE: N_("Removed by {moderator}."),
    Decision.BLOCK: N_("Removed by {moderator}, and {member} is blocked."),
    Decision.REFUND: N_("{moderator} gave {member} the picture's price back."),
    Decision.DISMISS: N_("Dismissed by {moderator}."),
    Decision.ALLOW: N_("Allowed by {moderator}."),
    Decision.REFUSE: N_("Refused by {moderator}."),
}
HAD_IT_BACK = N_("Closed by {moderator}: {member} had the picture's price back already.")
MESSAGE_STAYS = N_(
    "Its message could not be deleted: please delete it yourself, or press the button again."
)
REPORTER_TOLD = {
    Decision.REMOVE: N_("A moderator has removed the picture that you reported. Thank you."),
    Decision.BLOCK: N_("A moderator has removed the picture that you reported. Thank you."),
    Decision.REFUND: N_("A moderator has looked at the picture that you reported. Thank you."),
    Decision.DISMISS: N_(
        "A moderator has looked at your report and let the picture be. Thank you."
    ),
}
NOT_LOOKED_AT = N_("No moderator has looked at your report in time, so it was closed.")
REFUSED_TOLD = N_("A moderator has not let this picture through. It was not counted.")
REFUSED_BY_TIME = N_("No moderator has looked at this picture in time. It was not counted.")
REPORTED = N_("Thank you. The moderators have your report, and I tell you what becomes of it.")
REPORTED_ALREADY = N_("The moderators have your report already.")
NO_DESK = N_("This server has no channel for reports. Please tell its moderators yourself.")
NO_GUILD = N_("There are no moderators here. If it is yours, **Delete** removes it.")
DECIDED_ALREADY = N_("That is decided already, or it is none of this server's.")
LOOKED_AT_FIRST = N_("A moderator looks at this picture first.")
RESULT_EXPLICIT = N_("The result was explicit, and I do not show that here.")
SOURCE_EXPLICIT = N_("That picture is explicit, and I do not take such pictures here.")
UNCHECKED = N_("I cannot check pictures right now, so I take none here. Please try again later.")


def card(case: Case, prompt: str, lineage: str) -> str:
    """The card on the moderators' desk; ``lineage`` names the pictures that it goes on from."""
    title = _(TITLES[case.kind])
    lines = [f"**{title} #{case.id}**"]
    if case.reporter_id is not None:
        by = _("Reported by {member}: {reason}")
        reason = texts.shown(case.reason or "—")
        lines.append(by.format(member=f"<@{case.reporter_id}>", reason=reason))
    lines.append(
        _("Made by {member} in {channel}").format(
            member=f"<@{case.member_id}>", channel=f"<#{case.channel_id}>"
        )
    )
    lines.append(_("Prompt: {prompt}").format(prompt=texts.shown(prompt[:PROMPT_SHOWN_CHARS])))
    if case.job_id is not None:
        lines.append(_("Lineage: {steps}").format(steps=lineage) + f" (`{case.job_id}`)")
    if case.message_id is not None and case.kind is CaseKind.REPORT:
        lines.append(
            f"https://discord.com/channels/{case.guild_id}/{case.channel_id}/{case.message_id}"
        )
    return texts.cut("\n".join(lines))


def lineage(newest_first: Sequence[Job], *, more: bool) -> str:
    """The steps that led to a picture, the first one first, each with the way to its message."""
    if not newest_first:
        return _("made from no earlier picture")
    steps = [f"[{job.action.replace('_', ' ')}]({jump_url(job)})" for job in newest_first[::-1]]
    return " → ".join(["…", *steps] if more else steps)


def refused(case: Case) -> str:
    """What the member is told of a picture that is not shown, yet to be translated."""
    return REFUSED_BY_TIME if case.decided_by is None else REFUSED_TOLD


def to_reporter(case: Case) -> str | None:
    """What a reporter is told of a decision, yet to be translated; None where there is none."""
    if case.decision is None:
        return None
    if case.decided_by is None:
        return NOT_LOOKED_AT
    return REPORTER_TOLD.get(case.decision)


def decided(case: Case, *, moved: bool = True, gone: bool = True) -> str:
    """The line that a decided card ends with.

    Args:
        moved: Whether a refund gave anything back.
        gone: Whether the message of what was removed is deleted.
    """
    assert case.decision is not None
    if case.decided_by is None:
        return _("Closed: nobody has decided it in time.")
    sentence = _(DECIDED[case.decision]) if moved else _(HAD_IT_BACK)
    if not gone:
        sentence = f"{sentence} {_(MESSAGE_STAYS)}"
    return sentence.format(moderator=f"<@{case.decided_by}>", member=f"<@{case.member_id}>")


def held_prompt(case: Case) -> str:
    """The prompt of a wish that waits in a case."""
    return str((case.payload or {}).get("prompt", ""))
