"""Secrets that must not be seen: whatever leaves the adapter as text goes through here first.

A server may echo what it was sent, and an exception of a library may carry an address with a token
in it. So the place that makes the text does not decide; the values themselves are looked for.
"""

_SHORTEST = 6  # of a secret: a shorter one would blank out ordinary words


class Secrets:
    """The secret values in use: the key, and the tokens of this session, the newest few."""

    def __init__(self, most: int = 8) -> None:
        self._values: dict[str, None] = {}
        self._most = most

    def add(self, value: str) -> None:
        """From now on this value is hidden."""
        if len(value) >= _SHORTEST:
            self._values.pop(value, None)
            self._values[value] = None
        while len(self._values) > self._most:  # the first is the key, and stays
            del self._values[list(self._values)[1]]

    def hide(self, text: object) -> str:
        """The text with every known secret blanked out.

        >>> secrets = Secrets(); secrets.add("k-0123456789")
        >>> secrets.hide("bad key k-0123456789")
        'bad key ***'
        """
        said = str(text)
        for value in self._values:
            said = said.replace(value, "***")
        return said

    def __repr__(self) -> str:
        return f"Secrets({len(self._values)} hidden)"
