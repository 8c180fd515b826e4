"""The tokenizer: any text gives 64 tokens, and words of looks are not torn into letters."""

from typing import Any

import pytest

from engine.embedded.tokens import MAX_TOKENS, VOCABULARY, token_ids, train_tokenizer

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return train_tokenizer(1, sentences=3000)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        " ",
        "🎨🔥👩‍👩‍👧",
        "夜晚的房间",
        "في الليل",
        "रात में",
        "Ünïcödé ñandú",
        "\x00\t\n",
        "a" * 2000,
        "word " * 400,
    ],
    ids=[
        "empty",
        "blank",
        "emoji",
        "chinese",
        "arabic",
        "hindi",
        "accents",
        "control",
        "long",
        "many",
    ],
)
def test_any_prompt_is_cut_or_padded_to_the_same_length(tokenizer: Any, prompt: str) -> None:
    ids = token_ids(tokenizer, [prompt])
    assert ids.shape == (1, MAX_TOKENS)
    assert ids[0, 0] == tokenizer.bos_token_id
    assert ids[0, -1] == tokenizer.eos_token_id
    assert int(ids.max()) < len(tokenizer) <= VOCABULARY


def test_usual_words_are_whole_and_case_does_not_matter(tokenizer: Any) -> None:
    assert len(tokenizer.tokenize("oil painting at night")) == 4
    assert tokenizer.tokenize("Oil PAINTING") == tokenizer.tokenize("oil painting")


def test_different_scripts_stay_different(tokenizer: Any) -> None:
    assert tokenizer.tokenize("夜") != tokenizer.tokenize("雪")
