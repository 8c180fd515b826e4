"""Sentences that ask for a look, as people write them, and sentences that ask for nothing."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

PHRASES = Path(__file__).parent / "phrases.toml"

_ALONE = ("{look}", "{subject}, {look}", "{subject} {look}", "{look}, {subject}")
_MEDIUM = (
    *_ALONE,
    "{look} of {subject}",
    "a {look} of {subject}",
    "{look} style",
    "in the style of {look}",
    "turn it into {look}",
    "make it {look}",
    "{subject} as {look}",
    "{subject} in {look} style",
    "restyle {subject} as a {look}",
)
_LIGHT = (
    *_ALONE,
    "{subject} with {look}",
    "a photo of {subject}, {look}",
    "make it {look}",
    "photo, {look}",
    "{subject}, restyled as {look}",
    "{subject} in {look}",
    "the same but {look}",
)
_BOTH = (
    "{medium} of {subject}, {light}",
    "{subject}, {light}, {medium}",
    "{light}, {medium}",
    "{medium}, {light}",
    "{subject} {light} as a {medium}",
    "make it {medium}, {light}",
    "a {medium} of {subject} with {light}",
    "{light} {medium}",
    "{medium} style, {subject}, {light}",
)
_NEITHER = ("{photo}", "{photo} of {subject}", "{subject}", "{subject}, {photo}", "{negative}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Phrases:
    """The phrases of every look, and the words that change nothing, by kind."""

    media: dict[str, list[str]]
    lights: dict[str, list[str]]
    nothing: dict[str, list[str]]


@cache
def phrases() -> Phrases:
    """The shipped phrases."""
    table = tomllib.loads(PHRASES.read_text("utf-8"))
    return Phrases(table["media"], table["lights"], table["nothing"])


class Captions:
    """Draws captions; the same seed gives the same sentences."""

    def __init__(self, seed: int) -> None:
        self._dice = np.random.default_rng(seed)
        self._phrases = phrases()

    def draw(self, medium: str | None, light: str | None) -> str:
        """A sentence for a medium, a light, both, or (now and then empty) neither."""
        words = self._phrases
        chance = self._dice.random()
        if medium and light:
            sentence = self._one(_BOTH).format(
                medium=self._phrase(words.media[medium]),
                light=self._phrase(words.lights[light]),
                subject=self._subject(),
            )
        elif medium or light:
            look = words.media[medium] if medium else words.lights[light or ""]
            template = self._one(_MEDIUM if medium else _LIGHT)
            sentence = template.format(look=self._phrase(look), subject=self._subject())
        elif chance < 0.3:
            return ""
        elif chance < 0.55:
            some = self._dice.integers(1, 7)
            return ", ".join(self._one(words.nothing["negative"]) for _ in range(some))
        else:
            sentence = self._nothing()
        return self._decorated(sentence)

    def _nothing(self) -> str:
        words = self._phrases.nothing
        return self._one(_NEITHER).format(
            photo=self._one(words["photo"]),
            subject=self._subject(),
            negative=self._one(words["negative"]),
        )

    def _decorated(self, sentence: str) -> str:
        for _ in range(int(self._dice.choice([0, 0, 0, 1, 1, 2, 4]))):
            extra = self._one(self._phrases.nothing["praise"])
            after = self._dice.random() < 0.7
            sentence = f"{sentence}, {extra}" if after else f"{extra} {sentence}"
        if self._dice.random() < 0.12:
            sentence = sentence.title() if self._dice.random() < 0.5 else f"{sentence}!"
        return sentence

    def _phrase(self, choices: list[str]) -> str:
        # The first phrases are the usual ones.
        if self._dice.random() < 0.3:
            choices = choices[:3]
        return self._one(choices)

    def _subject(self) -> str:
        if self._dice.random() < 0.75:
            return self._one(self._phrases.nothing["subjects"])
        # An unknown word must change nothing.
        letters = self._dice.integers(len(_LETTERS), size=self._dice.integers(2, 10))
        return "".join(_LETTERS[place] for place in letters)

    def _one(self, choices: list[str] | tuple[str, ...]) -> str:
        return choices[int(self._dice.integers(len(choices)))]
