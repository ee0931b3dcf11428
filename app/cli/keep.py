"""The commands that keep what a gateway tells: record, history."""

from typing import Annotated

import typer

from .errors import EPILOG
from .live import Config, Debug, Firm, Rest

keep_app = typer.Typer()

Contract = Annotated[str, typer.Argument(metavar="CONTRACT", help="ES, ESZ6, ...")]


@keep_app.command(epilog=EPILOG)
def record(
    contracts: Annotated[list[str], typer.Argument(metavar="CONTRACT...", help="ES, ESZ6, ...")],
    out: Annotated[str, typer.Option(help="Folder for the recording.")],
    account: Annotated[
        str | None, typer.Option(help="Also what becomes of this account's orders.")
    ] = None,
    for_: Annotated[
        str | None, typer.Option("--for", help="How long: 30m, 8h; else until interrupted.")
    ] = None,
    frames: Annotated[
        bool, typer.Option(help="Also what the hubs say, word for word, without secrets.")
    ] = True,
    config: Config = None,
    firm: Firm = None,
    rest: Rest = None,
    debug: Debug = False,
) -> None:
    """Record what a gateway tells, as data for a backtest.

    The first Ctrl-C ends the recording and closes its files. User and key
    come from DRYFILL_LIVE_USER_NAME and DRYFILL_LIVE_API_KEY.
    """
    from .record import RecordAsked, show_record

    asked = RecordAsked(
        contracts=contracts,
        out=out,
        account=account,
        lasting=for_,
        frames=frames,
        config=config,
        firm=firm,
        rest=rest,
    )
    raise typer.Exit(show_record(asked, debug=debug))


@keep_app.command(epilog=EPILOG)
def history(
    contract: Contract,
    from_: Annotated[str, typer.Option("--from", help="Start; UTC unless a zone is given.")],
    out: Annotated[str, typer.Option(help="The file, .parquet.")],
    to: Annotated[str | None, typer.Option(help="End, not included; else now.")] = None,
    span: Annotated[str, typer.Option(help="A bar's length: 1s, 1m, 1h.")] = "1m",
    config: Config = None,
    firm: Firm = None,
    rest: Rest = None,
    debug: Debug = False,
) -> None:
    """Download bars into a file for a backtest.

    Interrupted, the same command goes on where it stopped.
    """
    from .record import HistoryAsked, show_history

    asked = HistoryAsked(
        contract=contract,
        start=from_,
        end=to,
        span=span,
        out=out,
        config=config,
        firm=firm,
        rest=rest,
    )
    raise typer.Exit(show_history(asked, debug=debug))
