"""The model's own tokenizer: CLIP's kind, trained on the captions, for any text in any script."""

import json
from collections.abc import Iterator
from typing import Any

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, trainers
from tokenizers.models import BPE
from transformers import CLIPTokenizer

from engine.embedded.captions import Captions, phrases
from engine.embedded.filters import LIGHTS, MEDIA

MAX_TOKENS = 64
VOCABULARY = 3300
_WORD_END = "</w>"
_START, _END = "<|startoftext|>", "<|endoftext|>"
# How CLIP cuts a sentence into words before it looks for pairs of letters.
_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def train_tokenizer(seed: int, sentences: int = 40_000) -> Any:
    """A `CLIPTokenizer` whose pairs are learned from captions drawn with ``seed``.

    It works on bytes, so no text is unknown to it; what does not fit in `MAX_TOKENS` is cut off.
    """
    learner = Tokenizer(BPE(continuing_subword_prefix="", end_of_word_suffix=_WORD_END))
    learner.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(alphabet) - 2,
        initial_alphabet=alphabet,
        end_of_word_suffix=_WORD_END,
        show_progress=False,
    )
    learner.train_from_iterator(_sentences(seed, sentences), trainer)
    vocabulary: dict[str, int] = learner.get_vocab()
    extra = [letter + _WORD_END for letter in alphabet] + [_START, _END]
    for piece in extra:
        vocabulary.setdefault(piece, len(vocabulary))
    return CLIPTokenizer(vocab=vocabulary, merges=_merges(learner), model_max_length=MAX_TOKENS)


def token_ids(tokenizer: Any, sentences: list[str]) -> Any:
    """``n × MAX_TOKENS`` token numbers, padded and cut, as a tensor."""
    return tokenizer(
        sentences,
        padding="max_length",
        max_length=MAX_TOKENS,
        truncation=True,
        return_tensors="pt",
    ).input_ids


def _merges(learner: Tokenizer) -> list[tuple[str, str]]:
    merges = json.loads(learner.to_str())["model"]["merges"]
    return [(first, second) for first, second in merges]


def _sentences(seed: int, count: int) -> Iterator[str]:
    captions = Captions(seed)
    media, lights = [None, *MEDIA], [None, *LIGHTS]
    for number in range(count):
        yield captions.draw(media[number % len(media)], lights[number % len(lights)])
    words = phrases()
    for table in (words.media, words.lights, words.nothing):
        for listed in table.values():
            yield from listed * 6
