"""What an engine cannot go on from."""


class UnknownSizeError(ValueError):
    """An order needs a size that the data does not give, and no rule says what to assume."""
