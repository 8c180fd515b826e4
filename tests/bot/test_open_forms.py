"""Forms that are sent off late, or never."""

from pathlib import Path

from bot.client import RestyleBot
from bot.open_forms import KEPT, OpenForms
from bot.quota.requests import LessModal
from tests.bot.stage import Asked, stage


async def test_a_form_from_before_a_restart_is_refused_in_words(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        asked = await s.press(first, "Remix")
        await s.restart()
        values = {"prompt": "neon", "strength": "0.5"}
        late = Asked(s, await s.world.alice.submit_modal(asked.interaction, values), first)
        assert "no longer know that form" in late.refusal
        # Opened again, it is taken, and taken only once.
        again = await s.press(first, "Remix")
        sent = Asked(s, await s.world.alice.submit_modal(again.interaction, values), first)
        await sent.outcome()
        assert len(s.engine.attempts) == 1
        bot = s.world.env.bot
        assert isinstance(bot, RestyleBot)
        assert list(bot.forms._forms.values()) == [None]


async def test_of_forms_that_nobody_sends_off_the_newest_are_kept() -> None:
    forms, opened = OpenForms(), [LessModal(str(at)) for at in range(KEPT + 3)]
    for form in opened:
        forms.opened(form)
    assert [form.is_finished() for form in opened] == [True] * 3 + [False] * KEPT
    forms.sent(opened[-1])
    assert len(forms._forms) == KEPT
