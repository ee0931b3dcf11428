"""An option of a command, as all commands declare theirs."""

from typing import Any

import typer


def option(help_text: str, panel: str, name: str | None = None) -> Any:
    """`panel`: the heading in the help text under which it stands. `name`: how it is written where
    the parameter's name does not say."""
    names = (name,) if name else ()
    return typer.Option(*names, help=help_text, rich_help_panel=panel)
