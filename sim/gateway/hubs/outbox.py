"""What waits to be sent to one client: every order event, and the newest of each quote.

Bounded: a client that takes nothing while `most` messages wait is given up, because to leave out an
order event would be worse. Quotes never wait in a row: of each contract the newest is sent, and
nothing is written out before somebody is ready to take it.
"""

from collections import deque
from collections.abc import Callable


class Outbox:
    """Messages of one client. `render` writes out what was marked by `newest`; None: nothing to
    say."""

    def __init__(
        self,
        render: Callable[[str, str], str | None],
        *,
        most: int = 10_000,
        message_chars_most: int = 8_000,
    ) -> None:
        self.full = False
        self._render = render
        self._most = most
        self._message_chars_most = message_chars_most
        self._kept: deque[str] = deque()
        self._newest: dict[tuple[str, str], None] = {}

    def __bool__(self) -> bool:
        return bool(self._kept or self._newest)

    def keep(self, text: str) -> None:
        """A message that has to be sent, after all those before it."""
        if len(self._kept) >= self._most:
            self.full = True
            return
        self._kept.append(text)

    def newest(self, stream: str, key: str) -> None:
        """A stream has news; only what is newest when it is sent counts."""
        self._newest[stream, key] = None

    def take(self) -> list[str]:
        """All that waits, as messages to be sent one after the other.

        Several records share a message where they are short together, because that is cheaper; some
        clients take no more than 10 kB at once (gateway-protocol 10.2).
        """
        texts = list(self._kept)
        self._kept.clear()
        marked, self._newest = self._newest, {}
        texts += [text for text in (self._render(*each) for each in marked) if text is not None]
        return _joined(texts, self._message_chars_most)


def _joined(texts: list[str], chars_most: int) -> list[str]:
    messages: list[str] = []
    length = chars_most + 1
    for text in texts:
        length += len(text)
        if length > chars_most:
            messages.append(text)
            length = len(text)
        else:
            messages[-1] += text
    return messages
