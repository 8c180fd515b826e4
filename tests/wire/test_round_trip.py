"""One round trip over the wire: every kind of gesture, with the bot as a process."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.wire import Upload
from tests.wire.books import Books
from tests.wire.scene import PHOTO, Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    # Whatever is logged at all is looked through for tokens in the end.
    async with Scene.open(tmp_path_factory.mktemp("wire"), log_level="DEBUG") as opened:
        yield opened


async def test_restyle_and_every_button(scene: Scene) -> None:
    discord = scene.discord
    asked = await scene.restyle()
    message = await discord.result(asked)
    assert message.attachments[0]["size"] > 0
    for word in ("vary_subtle", "vary_strong", "reroll"):
        pressed = await discord.press(scene.alice, message, word)
        again = await discord.result(pressed)
        assert again is not message
    form = await discord.answered(await discord.press(scene.alice, message, "remix"))
    sent = await discord.submit_modal(form, prompt="an ink drawing")
    assert "ink drawing" in (await discord.result(sent)).text()
    await discord.press(scene.alice, message, "delete")
    await discord.until(lambda: message.deleted)


@pytest.mark.parametrize("count", [0, 5, -1, 1 << 40])
async def test_a_count_that_no_client_offers_is_refused(scene: Scene, count: int) -> None:
    """Discord's own clients keep to 1 to 4; whoever writes to its API by hand need not."""
    asked = await scene.restyle(count=count)
    await scene.discord.until(asked.told)
    assert "I make 1 to 4 pictures at once" in asked.told()


async def test_the_message_menu_opens_a_form_and_the_rest_follows(scene: Scene) -> None:
    discord = scene.discord
    posted = discord.post(scene.alice, scene.channel, "look", Upload(PHOTO))
    form = await discord.answered(
        await discord.menu(scene.alice, scene.channel, "Restyle this", posted)
    )
    sent = await discord.submit_modal(form, prompt="a mosaic")
    await discord.result(sent)


async def test_autocomplete(scene: Scene) -> None:
    choices = await scene.discord.autocomplete(
        scene.alice, scene.channel, "restyle", "strength", strength="bo"
    )
    assert [choice["value"] for choice in choices]


async def test_in_a_direct_message(scene: Scene) -> None:
    discord = scene.discord
    channel = discord.channel(None)
    asked = await discord.slash(
        scene.alice, channel, "restyle", image=Upload(PHOTO), prompt="a direct oil painting"
    )
    await discord.result(asked)


async def test_the_traffic_is_written_down(scene: Scene) -> None:
    call = next(c for c in scene.discord.log.calls if c.files)
    assert call.method == "PATCH"
    assert call.path.startswith("/webhooks/")
    assert call.json["attachments"]


@pytest.mark.parametrize(
    "custom_id",
    [
        "r:vary_subtle:0000000000000000000000",
        "r:delete:../../etc/passwd",
        "r:delete:' OR 1=1 --",
        "r:restyle:x",
        "r:never:x",
        "nonsense",
        "r:cancel:" + "z" * 90,
    ],
)
async def test_a_forged_button_does_nothing(scene: Scene, custom_id: str) -> None:
    message = await scene.discord.result(await scene.restyle())
    books = Books(scene.bot.data)
    before = len(books.entries())
    await scene.discord.press(scene.alice, message, custom_id=custom_id)
    # The next wish is obeyed, so the forged one was looked at before it.
    await scene.discord.result(await scene.restyle())
    assert len(books.entries()) == before + 1
    assert not message.deleted


async def test_no_token_is_in_the_log(scene: Scene) -> None:
    tokens = {scene.discord.token, *scene.discord.rest.interactions}
    assert len(tokens) > 5
    assert '"level": "debug"' in scene.bot.log
    assert [token for token in tokens if token in scene.bot.log] == []
