"""The content check: is the model there, and does it answer."""

import io

from PIL import Image

from bot.doctor.finding import Finding, fail, ok, warn
from bot.moderation.content import CheckerUnavailable, Picture
from bot.moderation.open_nsfw import OpenNsfwChecker
from bot.settings import Settings

PART = "content check"
REMEDY = "Install restyle-bot anew, or choose RESTYLE_CONTENT_CHECK=none and check nothing."


async def content(settings: Settings) -> Finding:
    """Without it nothing that would have to be checked passes, so the bot takes no pictures."""
    if settings.content_check == "none":
        return warn(
            PART,
            "switched off; explicit sources and results pass everywhere",
            "RESTYLE_CONTENT_CHECK=opennsfw checks them.",
        )
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(picture, "PNG")
    checker = OpenNsfwChecker()
    try:
        await checker.start()
        score = await checker.score(Picture(image=picture.getvalue()))
    except CheckerUnavailable as error:
        return fail(PART, str(error), REMEDY)
    finally:
        await checker.close()
    review, refuse = settings.content_review_score, settings.content_refuse_score
    told = f"a flat picture scored {score:.2f}; review from {review:g} on, refusal from {refuse:g}"
    return ok(PART, told)
