"""The command that makes a plan of what happened in a recorded session: incident."""

from typing import Annotated

import typer

from .errors import EPILOG
from .options import option

_RUN, _RULES, _OUTPUT = "The recording", "How it is replayed", "Output"

incident_app = typer.Typer()


@incident_app.command(epilog=EPILOG)
def incident(
    recording: Annotated[str, typer.Argument(metavar="FOLDER", help="What --record wrote.")],
    around: Annotated[str, option("An order: its tag, or the broker's number.", _RUN)],
    run: Annotated[str | None, option("Of several, by the beginning of its name.", _RUN)] = None,
    skip_damaged: Annotated[
        bool, option("Go on without damaged files.", _RUN, "--skip-damaged")
    ] = False,
    strategy: Annotated[
        str | None, option("FILE.py[:Class]; what was recorded if not given.", _RULES)
    ] = None,
    param: Annotated[list[str] | None, option("k=v, instead of those recorded.", _RULES)] = None,
    bare: Annotated[str, option("So long at most without a stop; off.", _RULES)] = "5 s",
    weeks: Annotated[
        int, typer.Option(min=0, help="Move it so many weeks back.", rich_help_panel=_RULES)
    ] = 0,
    runs: Annotated[
        int, typer.Option(min=1, help="To make it small, at most.", rich_help_panel=_RULES)
    ] = 200,
    lines: Annotated[
        int, typer.Option(min=0, help="Of what led to it.", rich_help_panel=_OUTPUT)
    ] = 12,
    out: Annotated[str, option("Folder for the plan and its market.", _OUTPUT)] = "dryfill-plans",
    debug: Annotated[bool, option("Tracebacks of errors.", _OUTPUT, "--debug")] = False,
) -> None:
    """Make a small plan that fails of what happened to an order in a recorded session.

    The plan has no account, no numbers of the broker's and no secrets in it, and
    replays by itself, with the market beside it. Exit code 1: something is wrong.
    """
    from .incidents import Asked, show_incident

    asked = Asked(
        recording=recording, around=around, strategy=strategy, params=param or [], bare=bare,
        run=run, weeks=weeks, runs=runs, lines=lines, out=out, skip_damaged=skip_damaged,
    )  # fmt: skip
    raise typer.Exit(show_incident(asked, debug=debug))
