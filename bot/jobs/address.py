"""Where a job's message stands in Discord."""

from storage.records import Job


def jump_url(job: Job) -> str:
    """The address of a job's message in Discord, or of its channel where that is all we know."""
    place = f"https://discord.com/channels/{job.guild_id or '@me'}/{job.channel_id}"
    return place if job.message_id is None else f"{place}/{job.message_id}"
