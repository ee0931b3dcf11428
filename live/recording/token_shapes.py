"""What looks like a secret, taken out of text: the second net, for those that nobody told us of.

The secrets that we know of are hidden by their values. A token that somebody else's server puts
into a message is not among them; it is known by its look: three dotted base64 parts, a bearer
header, `access_token` and its like in an address, members of JSON that are called a token, a key or
a password. Better a harmless word too many than one secret.
"""

import re

HIDDEN = "***"

_MEMBER = r"(?:access_?token|new_?token|token|api_?key|password|secret|verify_?key|authorization)"
_LOOKS = re.compile(
    r"(?P<bearer>\bbearer\s+)[^\s\"',;]+"
    rf"|(?P<query>[?&]{_MEMBER}=)[^&\s\"'#]+"
    rf"|(?P<member>\"{_MEMBER}\"\s*:\s*\")(?:\\.|[^\"\\])*"
    rf"|(?P<within>\\\"{_MEMBER}\\\"\s*:\s*\\\")[^\"\\]*"
    r"|eyJ[\w-]{5,}\.[\w-]+\.[\w-]*",
    re.IGNORECASE,
)


def without_tokens(text: str) -> str:
    """The text with all that looks like a secret blanked out.

    >>> without_tokens('{"token": "abc", "size": 2} wss://h/user?access_token=abc&id=1')
    '{"token": "***", "size": 2} wss://h/user?access_token=***&id=1'
    """
    return _LOOKS.sub(_kept, text)


def _kept(found: re.Match[str]) -> str:
    name = found.lastgroup
    return (found[name] if name else "") + HIDDEN
