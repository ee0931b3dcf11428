"""The commands that trade in real time, and those around an account."""

from typing import Annotated

import typer

from .errors import EPILOG
from .options import option

_CONNECTION, _MARKET = "Connection", "Market data"
_RULES, _OUTPUT = "How it is traded", "Output"

live_app = typer.Typer()


Account = Annotated[
    str | None, option("Its name or number; the only one if there is one.", _CONNECTION)
]
Config = Annotated[str | None, option("TOML file with the tables live and orders.", _CONNECTION)]
Firm = Annotated[str | None, option("topstepx, or another firm's name.", _CONNECTION)]
Rest = Annotated[str | None, option("Address of the gateway, in place of the firm.", _CONNECTION)]
Record = Annotated[str | None, option("Folder to keep what is told and traded in.", _OUTPUT)]
Json = Annotated[bool, option("Print JSON only.", _OUTPUT, "--json")]
Debug = Annotated[bool, option("Tracebacks of errors.", _OUTPUT, "--debug")]


@live_app.command(epilog=EPILOG)
def live(
    strategy: Annotated[str, typer.Argument(metavar="FILE.py[:Class]", help="The strategy.")],
    instrument: Annotated[str, option("A root such as ES, or a contract: ESZ6.", _RULES)],
    risk: Annotated[str, option("Limits by name: topstep-50k.", _RULES)],
    account: Account = None,
    config: Config = None,
    firm: Firm = None,
    rest: Rest = None,
    limits: Annotated[str | None, option("TOML file with limits of your own.", _RULES)] = None,
    param: Annotated[list[str] | None, option("k=v, may be repeated.", _RULES)] = None,
    journal: Annotated[str | None, option("File; the account's own if not given.", _RULES)] = None,
    seed: Annotated[int, option("Of the strategy's random numbers.", _RULES)] = 0,
    dry: Annotated[bool, option("Do everything but send.", _RULES, "--dry")] = False,
    record: Record = None,
    yes: Annotated[bool, option("Do not ask.", _RULES, "--yes")] = False,
    debug: Debug = False,
) -> None:
    """Trade a strategy on a real account, behind the risk gate.

    The first Ctrl-C stops the strategy and keeps what is held guarded, the
    second closes it at market, the third leaves at once. User and key come
    from DRYFILL_LIVE_USER_NAME and DRYFILL_LIVE_API_KEY.
    """
    from .account import show_live

    connection = {"firm": firm, "rest": rest}
    asked = {
        "strategy": strategy,
        "params": param or [],
        "account": account,
        "instrument": instrument,
        "risk": risk,
        "limits_file": limits,
        "journal": journal,
        "seed": seed,
        "dry": dry,
        "record": record,
    }
    raise typer.Exit(show_live(asked, connection, config, yes=yes, debug=debug))


@live_app.command(epilog=EPILOG)
def paper(
    strategy: Annotated[str, typer.Argument(metavar="FILE.py[:Class]", help="The strategy.")],
    instrument: Annotated[str, option("A root such as ES, or a contract: ESZ6.", _RULES)],
    market: Annotated[str, option("synthetic, a file, or live: the feed.", _MARKET)] = "synthetic",
    config: Config = None,
    firm: Firm = None,
    rest: Rest = None,
    start: Annotated[str | None, option("Of recorded data.", _MARKET)] = None,
    timezone: Annotated[str | None, option("Of times without one.", _MARKET)] = None,
    speed: Annotated[str, option("1x, 10x: times real time.", _MARKET)] = "1x",
    unknown_size: Annotated[str, option("all, one or none.", _MARKET)] = "all",
    stop_trigger: Annotated[str, option("trade or quote.", _MARKET)] = "trade",
    engine: Annotated[str, option("auto, native or reference.", _MARKET)] = "auto",
    seed: Annotated[int, option("Of a generated market, and of the strategy.", _RULES)] = 0,
    risk: Annotated[str, option("Limits by name.", _RULES)] = "topstep-50k",
    limits: Annotated[str | None, option("TOML file with limits of your own.", _RULES)] = None,
    param: Annotated[list[str] | None, option("k=v, may be repeated.", _RULES)] = None,
    settings: Annotated[str | None, option("TOML file of the order manager's.", _RULES)] = None,
    faults: Annotated[
        str | None, option("A plan of what goes wrong at the gateway.", _RULES)
    ] = None,
    record: Record = None,
    debug: Debug = False,
) -> None:
    """Trade a strategy on paper: on Dryfill's own gateway, as if it were live.

    Ctrl-C works in steps, as for live. The session ends with the market's data.
    --market live takes the feed of a firm, and sends its orders nowhere.
    """
    from .paper import show_paper

    asked = {
        "strategy": strategy,
        "instrument": instrument,
        "seed": seed,
        "params": param or [],
        "record": record,
    }
    traded = {
        "market": (market,),
        "instruments": (instrument,),
        "start": start,
        "timezone": timezone,
        "unknown_size": unknown_size,
        "stop_trigger": stop_trigger,
        "engine": engine,
        "seed": seed,
    }
    connection = {"path": config, "firm": firm, "rest": rest}
    raise typer.Exit(
        show_paper(asked, traded, speed, (risk, limits), settings, connection, faults, debug=debug)
    )


@live_app.command(epilog=EPILOG)
def status(
    account: Account = None,
    config: Config = None,
    firm: Firm = None,
    rest: Rest = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Say what an account holds, what works there, and what no stop covers."""
    from .account import show_status

    connection = {"firm": firm, "rest": rest}
    raise typer.Exit(show_status(account, connection, config, json=json, debug=debug))


@live_app.command(epilog=EPILOG)
def cancel(
    account: Account = None,
    config: Config = None,
    firm: Firm = None,
    rest: Rest = None,
    debug: Debug = False,
) -> None:
    """Cancel every working order of an account, whoever sent it; stops as well."""
    from .account import show_cancel

    connection = {"firm": firm, "rest": rest}
    raise typer.Exit(show_cancel(account, connection, config, debug=debug))


@live_app.command(epilog=EPILOG)
def flatten(
    account: Account = None,
    config: Config = None,
    firm: Firm = None,
    rest: Rest = None,
    debug: Debug = False,
) -> None:
    """Cancel every working order of an account and close what it holds, whoever sent it.

    Works beside a strategy that runs, hangs or is dead. One that runs on may
    open again: stop it.
    """
    from .account import show_flatten

    connection = {"firm": firm, "rest": rest}
    raise typer.Exit(show_flatten(account, connection, config, debug=debug))


@live_app.command(epilog=EPILOG)
def doctor(
    account: Account = None,
    config: Config = None,
    firm: Firm = None,
    rest: Rest = None,
    instrument: Annotated[str | None, option("Look for its quotes, too.", _RULES)] = None,
    journal: Annotated[str | None, option("File; the account's own if not given.", _RULES)] = None,
    debug: Debug = False,
) -> None:
    """Look at everything that live trading needs, and say in words what is wrong."""
    from .account import show_doctor

    connection = {"firm": firm, "rest": rest}
    raise typer.Exit(show_doctor(account, connection, config, instrument, journal, debug=debug))
