"""`manager.figures.health()`: whether somebody should look, and at what. No score: reasons."""

from msgspec import Struct


class Health(Struct, frozen=True, kw_only=True):
    """`ok`: there is no `complaint`. Each complaint is a sentence about one of the other fields.

    `stream_up`: the event stream is up. `behind`: something may not have been told, and is being
    asked for. `breakers_open`: ways to the broker on which nothing goes now. `uncertain`: tags of
    orders of which nothing proves that they work or do not. `stuck`: tags of orders that cannot be
    cancelled. `bare`: intents that hold contracts without a confirmed stop. `fallbacks`: intents
    whose own logic failed. `closed`: the manager sends nothing any more.
    """

    stream_up: bool
    behind: bool
    breakers_open: tuple[str, ...]
    uncertain: tuple[str, ...]
    stuck: tuple[str, ...]
    bare: tuple[str, ...]
    fallbacks: tuple[str, ...]
    closed: bool

    @property
    def complaints(self) -> tuple[str, ...]:
        said = []
        if not self.stream_up:
            said.append("the event stream is down")
        if self.behind:
            said.append("something may not have been told; it is being asked for")
        said += [f"nothing {which} goes to the broker" for which in self.breakers_open]
        said += [f"nobody knows what became of order {tag}" for tag in self.uncertain]
        said += [f"order {tag} cannot be cancelled" for tag in self.stuck]
        said += [f"{intent} holds contracts without a confirmed stop" for intent in self.bare]
        said += [f"{intent} failed and is under a fallback" for intent in self.fallbacks]
        if self.closed:
            said.append("the manager is closed")
        return tuple(said)

    @property
    def ok(self) -> bool:
        return not self.complaints
