"""REST fails in every way that it has: each job is delivered once, or given back."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import pytest
import pytest_asyncio

from tests.wire import Drop, RateLimit, Reply, Slow
from tests.wire.books import Books, Entry
from tests.wire.discord import shows_result
from tests.wire.scene import Scene
from tests.wire.world import Message

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLBACK = "/interactions/*/*/callback"
ORIGINAL = "/webhooks/*/*/messages/@original"
BY_TOKEN = "/webhooks/*/*/messages/*"
AS_BOT = "/channels/*/messages/*"
POSTS = "/channels/*/messages"
# "huge" makes a picture of noise, whose upload is far larger than any other call.
UPLOAD_BYTES = 50_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("faults")
    options: dict[str, Any] = {"daily_quota": 1000, "delivery_max_attempts": 4, "previews": "false"}
    async with Scene.open(folder, **options) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def scene(opened: Scene) -> AsyncIterator[Scene]:
    yield opened
    opened.discord.faults.clear()


def upload(size: int) -> bool:
    return size > UPLOAD_BYTES


def entry_of(scene: Scene, message: Message) -> Entry:
    return Books(scene.bot.data).entry(message.id)


async def settled(scene: Scene, message: Message) -> Entry:
    """The job's entry once there is nothing more to tell about it."""
    books = Books(scene.bot.data)

    def over() -> bool:
        found = [entry for entry in books.entries() if entry.message_id == message.id]
        return bool(found) and not found[0].open

    await scene.discord.until(over)
    return entry_of(scene, message)


def shown_once(scene: Scene, message: Message) -> bool:
    """Whether this message, and no other, shows the job's result."""
    job = entry_of(scene, message).id
    showing = [
        other
        for other in scene.discord.world.messages.values()
        if shows_result(other) and job in str(other.components)
    ]
    return showing == [message]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", CALLBACK), ("PATCH", ORIGINAL), ("PATCH", BY_TOKEN)]
)
@pytest.mark.parametrize("is_global", [False, True])
async def test_a_rate_limit_is_waited_for(
    scene: Scene, method: str, path: str, is_global: bool
) -> None:
    scene.discord.faults.add(method, path, RateLimit(0.3, is_global=is_global))
    message = await scene.discord.result(await scene.restyle())
    assert (await settled(scene, message)).charged == 1


async def test_a_global_limit_on_the_bots_own_routes_is_waited_for(scene: Scene) -> None:
    scene.discord.faults.add("PATCH", AS_BOT, RateLimit(0.3, is_global=True))
    asked = await scene.discord.slash(
        scene.alice, scene.channel, "restyle", age_s=14.5 * 60, **_photo()
    )
    await scene.discord.result(asked)


async def test_a_ban_by_address_is_outlasted(scene: Scene) -> None:
    scene.discord.faults.add("PATCH", BY_TOKEN, RateLimit(via=False), matching=upload)
    message = await scene.discord.result(await scene.restyle("huge"))
    assert shown_once(scene, message)


@pytest.mark.parametrize("when", ["before", "during", "after"])
async def test_a_connection_dropped_around_the_body_of_an_upload(scene: Scene, when: str) -> None:
    drop = {"before": Drop("before"), "during": Drop("during"), "after": Drop("after")}[when]
    scene.discord.faults.add("PATCH", BY_TOKEN, drop, matching=upload)
    message = await scene.discord.result(await scene.restyle("huge"))
    entry = await settled(scene, message)
    assert shown_once(scene, message)
    assert (entry.delivery, entry.charged, entry.settled) == ("delivered", 1, 1)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_connection_dropped_around_the_acknowledgement(scene: Scene, when: str) -> None:
    drop = Drop("before") if when == "before" else Drop("after")
    scene.discord.faults.add("POST", CALLBACK, drop)
    message = await scene.discord.result(await scene.restyle())
    assert (await settled(scene, message)).charged == 1


async def test_a_place_in_the_queue_that_cannot_be_told_costs_nothing(scene: Scene) -> None:
    scene.discord.faults.add("PATCH", ORIGINAL, Reply(400, 50035))
    asked = await scene.restyle("slow")
    message = await scene.discord.result(asked)
    assert asked.follow_ups == []
    assert (await settled(scene, message)).charged == 1


@pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015), (404, 10062)])
async def test_a_dead_token_leaves_the_bots_own_permission(
    scene: Scene, status: int, code: int
) -> None:
    scene.discord.faults.add("PATCH", BY_TOKEN, Reply(status, code), matching=upload)
    message = await scene.discord.result(await scene.restyle("huge"))
    assert (await settled(scene, message)).delivery == "delivered"
    assert scene.discord.log.to("PATCH", "/channels/", str(message.id))


async def test_a_message_that_is_gone_is_given_back(scene: Scene) -> None:
    asked = await scene.discord.answered(await scene.restyle("slow"))
    assert asked.message is not None
    asked.message.deleted = True
    entry = await settled(scene, asked.message)
    assert (entry.status, entry.delivery, entry.charged) == ("done", "abandoned", 0)
    # Quietly: nobody is told, and it is posted nowhere else.
    assert asked.follow_ups == []
    assert posts_of(scene, entry) == []


@pytest.mark.parametrize(
    ("limit", "lossless", "said"),
    [(10 << 20, True, ""), (110_000, False, "at quality"), (40_000, False, "made it smaller")],
)
async def test_each_interaction_has_a_limit_of_its_own(
    scene: Scene, limit: int, lossless: bool, said: str
) -> None:
    scene.discord.rest.attachment_size_limit, before = limit, 10 << 20
    try:
        asked = await scene.restyle("huge")
    finally:
        # What the next interaction says is nothing to this one.
        scene.discord.rest.attachment_size_limit = before
    message = await scene.discord.result(asked)
    [attachment] = message.attachments
    data = scene.discord.cdn.files[int(attachment["id"])].data
    assert len(data) <= limit
    assert (b"VP8L" in data[:64]) == lossless
    assert said in message.text()
    # It fitted at once: nothing was refused first.
    uploads = [call for call in scene.discord.log.to("PATCH", str(message.id)) if call.sizes]
    assert [call.status for call in uploads] == [200]


async def test_too_large_is_made_smaller(scene: Scene) -> None:
    scene.discord.rest.attachment_size_limit, before = 120_000, 10 << 20
    scene.discord.faults.add("PATCH", BY_TOKEN, Reply(413, 40005), matching=upload)
    try:
        message = await scene.discord.result(await scene.restyle("huge"))
    finally:
        scene.discord.rest.attachment_size_limit = before
    tried = [c.sizes[0] for c in scene.discord.log.to("PATCH", str(message.id)) if c.sizes]
    assert tried[-1] < tried[0] <= 120_000


async def test_a_result_that_fits_nowhere_is_given_back_in_a_sentence(scene: Scene) -> None:
    scene.discord.faults.add("PATCH", BY_TOKEN, Reply(413, 40005), times=99, matching=upload)
    asked = await scene.discord.answered(await scene.restyle("huge"))
    assert asked.message is not None
    entry = await settled(scene, asked.message)
    assert (entry.status, entry.delivery, entry.charged) == ("done", "abandoned", 0)
    assert_apology(asked.message)


async def test_a_result_that_never_gets_through_is_given_back_in_a_sentence(scene: Scene) -> None:
    """The sentence is tried again as the result was."""
    faults = scene.discord.faults
    faults.add("PATCH", BY_TOKEN, Drop("before"), times=4, matching=upload)
    asked = await scene.discord.answered(await scene.restyle("huge"))
    assert asked.message is not None
    message = asked.message

    def dropped() -> int:
        calls = scene.discord.log.to("PATCH", str(message.id))
        return sum(call.fault == "drop before" for call in calls)

    await scene.discord.until(lambda: dropped() == 4)
    faults.add("PATCH", BY_TOKEN, Drop("before"))
    entry = await settled(scene, message)
    assert (entry.delivery, entry.charged) == ("abandoned", 0)
    assert_apology(message)


async def test_a_sentence_that_a_kill_kept_from_being_told_is_told_after_the_start(
    scene: Scene,
) -> None:
    faults = scene.discord.faults
    faults.add("PATCH", BY_TOKEN, Reply(413, 40005), times=99, matching=upload)
    # All but the place in the queue, so the sentence too.
    faults.add(
        "PATCH", BY_TOKEN, Drop("before"), times=99, skip=1, matching=lambda n: not upload(n)
    )
    asked = await scene.discord.answered(await scene.restyle("huge"))
    assert asked.message is not None
    message = asked.message
    books = Books(scene.bot.data)

    def given_back() -> bool:
        found = [entry for entry in books.entries() if entry.message_id == message.id]
        return bool(found) and (found[0].status, found[0].charged) == ("done", 0)

    await scene.discord.until(given_back)
    await scene.bot.kill()
    assert "not counted" not in message.content
    faults.clear()
    await scene.bot.restart()
    entry = await settled(scene, message)
    assert (entry.delivery, entry.charged) == ("abandoned", 0)
    assert_apology(message)


def assert_apology(message: Message) -> None:
    """The message says that the picture was not counted, and shows nothing else."""
    assert "not counted" in message.content
    assert (message.components, message.attachments) == ([], [])


async def test_without_permission_it_is_given_back(scene: Scene) -> None:
    faults = scene.discord.faults
    faults.add("PATCH", BY_TOKEN, Reply(401, 50027), times=99)
    faults.add("PATCH", AS_BOT, Reply(403, 50013), times=99)
    asked = await scene.discord.answered(await scene.restyle())
    assert asked.message is not None
    shown = asked.message
    await scene.discord.until(lambda: scene.discord.log.to("PATCH", "/channels/", str(shown.id)))
    entry = await settled(scene, asked.message)
    assert (entry.status, entry.delivery, entry.charged) == ("done", "abandoned", 0)


async def posted_for(scene: Scene) -> Entry:
    """A job without a known message and with a dead token, so that its result is posted."""
    discord = scene.discord
    discord.rest.names_message = False
    known = {entry.id for entry in Books(scene.bot.data).entries()}
    await discord.slash(scene.alice, scene.channel, "restyle", age_s=14.5 * 60, **_photo())
    books = Books(scene.bot.data)
    await discord.until(lambda: any(entry.id not in known for entry in books.entries()))
    discord.rest.names_message = True
    [entry] = [entry for entry in books.entries() if entry.id not in known]
    return entry


def posts_of(scene: Scene, entry: Entry) -> list[Message]:
    return [
        message
        for message in scene.discord.world.messages.values()
        if shows_result(message) and entry.id in str(message.components)
    ]


async def over(scene: Scene, entry: Entry) -> Entry:
    def now() -> Entry:
        return next(e for e in Books(scene.bot.data).entries() if e.id == entry.id)

    await scene.discord.until(lambda: not now().open)
    return now()


async def archived(scene: Scene) -> Message:
    """The message of a job whose thread is archived before its result is there."""
    faults = scene.discord.faults
    faults.add("PATCH", BY_TOKEN, Reply(401, 50027), times=99)
    faults.add("PATCH", AS_BOT, Reply(400, 50083, "Thread is archived"))
    asked = await scene.discord.answered(await scene.restyle())
    assert asked.message is not None
    return asked.message


async def test_an_archived_thread_is_opened_for_a_result(scene: Scene) -> None:
    message = await archived(scene)
    entry = await settled(scene, message)
    assert (entry.delivery, entry.charged) == ("delivered", 1)
    assert shown_once(scene, message)
    [opened] = [c for c in scene.discord.log.calls if c.path == f"/channels/{scene.channel.id}"]
    assert (opened.method, opened.json) == ("PATCH", {"archived": False})
    scene.discord.faults.clear()


async def test_a_thread_that_stays_archived_ends_quietly_and_the_picture_is_kept(
    scene: Scene,
) -> None:
    scene.discord.faults.add("PATCH", "/channels/*", Reply(403, 50013))
    message = await archived(scene)
    before = message.edits
    entry = await settled(scene, message)
    assert (entry.status, entry.delivery, entry.charged) == ("done", "abandoned", 0)
    assert message.edits == before
    with closing(sqlite3.connect(scene.bot.data / "restyle.db")) as db:
        kept = db.execute("SELECT result_hash FROM jobs WHERE id = ?", (entry.id,)).fetchone()
    assert kept != (None,)
    scene.discord.faults.clear()


async def test_a_post_whose_answer_got_lost_is_not_made_twice(scene: Scene) -> None:
    scene.discord.faults.add("POST", POSTS, Drop("after"))
    entry = await over(scene, await posted_for(scene))
    assert len(posts_of(scene, entry)) == 1
    assert (entry.delivery, entry.charged) == ("delivered", 1)
    assert len(scene.discord.log.to("POST", f"/channels/{scene.channel.id}/messages")) == 2


async def test_a_post_that_the_bot_did_not_live_to_note_is_not_made_twice(scene: Scene) -> None:
    scene.discord.faults.add("POST", POSTS, Slow(5, done_first=True))
    entry = await posted_for(scene)
    await scene.discord.until(lambda: posts_of(scene, entry))
    await scene.bot.restart()
    entry = await over(scene, entry)
    assert len(posts_of(scene, entry)) == 1
    assert (entry.delivery, entry.charged) == ("delivered", 1)


async def test_a_post_of_which_nobody_knows_is_given_back(scene: Scene) -> None:
    """Discord has forgotten the nonce by then, so a second post could not be told apart."""
    scene.discord.faults.add("POST", POSTS, Slow(5, done_first=True))
    entry = await posted_for(scene)
    await scene.discord.until(lambda: posts_of(scene, entry))
    await scene.bot.kill()
    with closing(sqlite3.connect(scene.bot.data / "restyle.db")) as db, db:
        begun = "SELECT post_begun_at FROM outbox WHERE job_id = ?"
        [noted] = db.execute(begun, (entry.id,)).fetchone()
        assert noted is not None
        db.execute(
            "UPDATE outbox SET post_begun_at = datetime(post_begun_at, '-10 minutes') "
            "WHERE job_id = ?",
            (entry.id,),
        )
    for message in posts_of(scene, entry):
        message.nonce = None
    await scene.bot.restart()
    entry = await over(scene, entry)
    assert len(posts_of(scene, entry)) == 1
    assert (entry.delivery, entry.charged) == ("abandoned", 0)


async def test_a_channel_that_cannot_be_looked_through_has_its_newest_result(scene: Scene) -> None:
    await scene.discord.result(await scene.restyle())
    # More often than aiohttp tries again.
    scene.discord.faults.add("GET", POSTS, Drop("before"), times=9)
    await scene.discord.result(await scene.restyle(image=None))
    assert scene.discord.log.to("GET", f"/channels/{scene.channel.id}/messages")[-1].status == 0


async def test_server_errors_while_the_bot_starts(scene: Scene) -> None:
    faults = scene.discord.faults
    faults.add("GET", "/users/@me", Reply(503))
    faults.add("GET", "/users/@me", Drop("before"))
    faults.add("GET", "/oauth2/applications/@me", Reply(502))
    faults.add("GET", "/oauth2/applications/@me", Reply(500), skip=1)
    await scene.bot.restart()
    await scene.discord.result(await scene.restyle())


async def test_a_post_is_the_jobs_own_message_from_then_on(scene: Scene) -> None:
    entry = await over(scene, await posted_for(scene))
    [post] = posts_of(scene, entry)
    assert entry.message_id == post.id
    # So everything of its member reaches it.
    asked = await scene.discord.slash(scene.alice, scene.channel, "privacy delete")
    await scene.discord.answered(asked)
    assert asked.message is not None
    await scene.discord.press(scene.alice, asked.message, "Delete everything")
    await scene.discord.until(lambda: post.deleted)


def _photo() -> dict[str, object]:
    from tests.wire import Upload
    from tests.wire.scene import PHOTO

    return {"image": Upload(PHOTO), "prompt": "an oil painting"}
