"""The command that plays scenarios: rehearse."""

from typing import Annotated

import typer

from .errors import EPILOG

rehearse_app = typer.Typer()


@rehearse_app.command(epilog=EPILOG)
def rehearse(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(metavar="SCENARIO...", help="A file, a name of the library, or all."),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(metavar="A:B", help="From A to before B; 0 is as written. Else a family."),
    ] = None,
    wire: Annotated[
        bool, typer.Option("--wire", help="Through the live adapter, byte by byte.")
    ] = False,
    engine: Annotated[str, typer.Option(help="auto, native or reference.")] = "auto",
    list_: Annotated[bool, typer.Option("--list", help="Say what the library holds.")] = False,
    page: Annotated[
        str | None, typer.Option(help="File for a page of every message of one run.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Tracebacks of errors.")] = False,
) -> None:
    """Play scenarios, as they are written and varied by seeds, and judge them.

    A scenario says what the market does, what is traded, what goes wrong and
    how it is to end; docs/scenarios.md has its words.
    """
    from .rehearse import Asked, show_library, show_rehearsal

    if list_:
        raise typer.Exit(show_library(scenarios or ["all"], debug=debug))
    asked = Asked(scenarios=scenarios or [], seeds=seeds, wire=wire, engine=engine, page=page)
    raise typer.Exit(show_rehearsal(asked, debug=debug))
