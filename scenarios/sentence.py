"""Words of a sentence, read one after the other: what acts, conditions and checks are made of."""

from decimal import Decimal, InvalidOperation

from pydantic_core import PydanticCustomError

from ..trading.price import Ticks
from .plan_time import read_time

Level = Decimal | Ticks
"""A price, or a distance: `19990`, `40 ticks`."""


class Words:
    """The words of a sentence from left to right. What is wrong is raised as pydantic's errors are;
    `like` is how the sentence is written."""

    def __init__(self, text: str, like: str) -> None:
        self.like = like
        self._words = text.split()
        self._at = 0

    @property
    def next(self) -> str:
        """The next word, which stays; "" at the end."""
        return self._words[self._at] if self._at < len(self._words) else ""

    def take(self, what: str) -> str:
        """The next word; `what` it is meant to be."""
        word = self.next
        if not word:
            raise self.wrong(f"it ends where {what} should be")
        self._at += 1
        return word

    def skip(self, word: str) -> bool:
        """Whether the next word is this one; it is gone then."""
        found = self.next == word
        self._at += found
        return found

    def rest(self) -> str:
        """All that is left, as one text."""
        left = " ".join(self._words[self._at :])
        self._at = len(self._words)
        return left

    def end(self) -> None:
        """Nothing may be left."""
        if self.next:
            raise self.wrong(f"{self.next!r} has no place there")

    def contracts(self) -> int:
        word = self.take("a number of contracts")
        if not word.isascii() or not word.isdecimal() or not int(word):
            raise self.wrong(f"{word!r} is no number of contracts")
        return int(word)

    def price(self) -> Decimal:
        word = self.take("a price")
        found = number(word)
        if found is None:
            raise self.wrong(f"{word!r} is no price")
        return found

    def level(self) -> Level:
        """A price, or a distance in ticks."""
        found = self.price()
        if self.next not in ("ticks", "tick"):
            return found
        word = self.take("ticks")
        if found != int(found) or found < 0:
            raise self.wrong(f"{found} {word} is no distance")
        return Ticks(int(found))

    def ticks(self) -> Ticks:
        found = self.level()
        if not isinstance(found, Ticks):
            raise self.wrong(f"give a distance, like '{found} ticks'")
        return found

    def time(self) -> int:
        """A time in ns: `60 s` or `60s`."""
        word = self.take("a time")
        if number(word) is not None:
            word += " " + self.take("a unit of time")
        try:
            return read_time(word)
        except PydanticCustomError:
            raise self.wrong(f"{word!r} is no time; write '500 ms'") from None

    def wrong(self, problem: str) -> PydanticCustomError:
        values = {"problem": problem, "like": self.like}
        return PydanticCustomError("sentence", "{problem}; write it like '{like}'", values)


def number(word: str) -> Decimal | None:
    """The plain number that a word is; None where it is none."""
    try:
        found = Decimal(word)
    except InvalidOperation:
        return None
    return found if found.is_finite() and "e" not in word.lower() and "_" not in word else None
