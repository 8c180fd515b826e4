"""The gateway fails in every way that it has; the bot comes back and obeys what it missed."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.wire.scene import Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("gateway")
    async with Scene.open(folder, begin=False, discord_gateway_timeout_s=7) as opened:
        opened.discord.gateway.heartbeat_interval_s = 0.5
        await opened.bot.start()
        await opened.bot.ready()
        yield opened


async def came_back(scene: Scene, *, begun: int, resumed: int) -> None:
    gateway = scene.discord.gateway
    await scene.discord.until(
        lambda: gateway.identified == begun and gateway.resumed == resumed and gateway.connected, 60
    )


@pytest.mark.parametrize("code", [1000, 1001, 1006, 4000])
async def test_a_closed_connection_is_resumed_and_nothing_is_missed(
    scene: Scene, code: int
) -> None:
    gateway = scene.discord.gateway
    begun, resumed = gateway.identified, gateway.resumed
    await gateway.close(code)
    # Sent into the gap: Discord keeps it for the session.
    asked = await scene.restyle()
    await came_back(scene, begun=begun, resumed=resumed + 1)
    await scene.discord.result(asked)


@pytest.mark.parametrize("code", [4007, 4009])
async def test_a_session_that_is_over_is_begun_anew(scene: Scene, code: int) -> None:
    gateway = scene.discord.gateway
    begun, resumed = gateway.identified, gateway.resumed
    await gateway.close(code)
    await came_back(scene, begun=begun + 1, resumed=resumed)
    await scene.discord.result(await scene.restyle())


async def test_op_7_is_obeyed(scene: Scene) -> None:
    gateway = scene.discord.gateway
    begun, resumed = gateway.identified, gateway.resumed
    await gateway.ask_to_reconnect()
    await came_back(scene, begun=begun, resumed=resumed + 1)
    await scene.discord.result(await scene.restyle())


@pytest.mark.parametrize("resumable", [True, False])
async def test_op_9_is_obeyed(scene: Scene, resumable: bool) -> None:
    gateway = scene.discord.gateway
    begun, resumed = gateway.identified, gateway.resumed
    await gateway.invalidate(resumable=resumable)
    await came_back(scene, begun=begun + (not resumable), resumed=resumed + resumable)
    await scene.discord.result(await scene.restyle())


async def test_a_gateway_that_no_longer_answers_heartbeats_is_called_again(scene: Scene) -> None:
    gateway = scene.discord.gateway
    resumed = gateway.resumed
    gateway.acknowledges = False
    await scene.discord.until(lambda: gateway.resumed > resumed, 60)
    gateway.acknowledges = True
    await scene.discord.result(await scene.restyle())


async def test_a_refused_token_ends_the_bot_with_one_sentence(scene: Scene) -> None:
    await scene.discord.gateway.close(4004)
    assert await scene.bot.ended() == 2
    said = scene.bot.log.strip().splitlines()[-1]
    assert said == "restyle: Discord refuses RESTYLE_DISCORD_TOKEN."


async def test_a_gateway_that_is_away_at_the_start_is_waited_for(scene: Scene) -> None:
    gateway = scene.discord.gateway
    gateway.refuses = True
    before = len(scene.discord.log.calls)
    await scene.bot.start()
    await scene.discord.until(lambda: len(scene.discord.log.calls) > before, 60)
    gateway.refuses = False
    await scene.bot.ready()
    await scene.discord.result(await scene.restyle())
