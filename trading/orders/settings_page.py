"""The page docs/order-settings.md, made from the settings' own docstring:
`python -m dryfill.trading.orders.settings_page` prints it."""

import inspect
import re
from dataclasses import fields

from .settings import OrderSettings
from .settings_sources import PREFIX, TABLE

_NAMED = re.compile(r"(?:^|(?<=\s))(?:`\w+`(?:, )?)+: ")


def meanings() -> dict[str, str]:
    """What each field means, by the docstring of `OrderSettings`: the text that follows its name
    and a colon, up to the next such name or the paragraph's end."""
    found: dict[str, str] = {}
    for paragraph in inspect.cleandoc(OrderSettings.__doc__ or "").split("\n\n"):
        text = " ".join(paragraph.split())
        names = list(_NAMED.finditer(text))
        ends = [*(name.start() for name in names[1:]), len(text)]
        for here, end in zip(names, ends, strict=False):
            said = text[here.end() : end]
            said = said.strip().removesuffix(" and").rstrip(".,;")
            for name in re.findall(r"`(\w+)`", here.group()):
                found[name] = said
    return found


def page() -> str:
    """The whole page."""
    means = meanings()
    rows = "\n".join(
        f"| `{field.name}` | `{field.default!r}` | {means[field.name]} |"
        for field in fields(OrderSettings)
    )
    return f"""# Settings of the order manager

Made from `trading/orders/settings.py` by `python -m dryfill.trading.orders.settings_page`; change
the docstring there, not this page. Seconds where a name ends in `_s`, counts otherwise.

They are one frozen `OrderSettings`, from code, from a TOML file or from the environment:

    OrderSettings(retry_s=0.5)
    OrderSettings.from_toml("dryfill.toml")          # retry_s = 0.5 below a line [{TABLE}]
    OrderSettings.from_environment(os.environ)       # {PREFIX}RETRY_S=0.5
    OrderSettings.load("dryfill.toml", os.environ, retry_s=0.5)

`load` takes all three; what is given in code goes before the environment, that before the file, and
that before the defaults. `dryfill backtest --settings dryfill.toml` does so too. A name that is not
known is refused with the nearest one, a wrong value with its file and line, or its variable.

| setting | default | what it is |
|---|---|---|
{rows}
"""


if __name__ == "__main__":
    print(page(), end="")
