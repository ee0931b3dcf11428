"""The command `dryfill`. Starts fast: each command brings in what it needs when it runs."""

import platform
import sys
from typing import Annotated, Any

import typer

from ... import __version__
from .errors import EPILOG, INTERRUPTED, OK, USAGE
from .explore import explore_app
from .incident import incident_app
from .keep import keep_app
from .live import live_app
from .options import option
from .rehearsal import rehearse_app

_MARKET, _RULES, _OUTPUT = "Market data", "How it is traded", "Output"
_SERVER, _WIRE = "Server", "How it speaks"

app = typer.Typer(
    help="Rehearse trading orders before they trade.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code (see `errors`)."""
    _survive_any_text()
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code = app(args=words, prog_name="dryfill", standalone_mode=False, obj=words)
    except KeyboardInterrupt:
        code = _say("interrupted", INTERRUPTED)
    except typer.Abort:
        code = _say("interrupted", INTERRUPTED)
    except Exception as exc:
        # What the option parser raises; which module its classes live in depends on its version.
        if not hasattr(exc, "format_message"):
            raise
        text = exc.format_message().rstrip(".")
        code = _say(f"{text}; --help lists what there is", USAGE) if text else USAGE
    sys.exit(code or OK)


def _say(line: str, code: int) -> int:
    print(f"dryfill: {line}", file=sys.stderr)
    return code


def _survive_any_text() -> None:
    """Print what the terminal's encoding has no sign for as a question mark, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _version(wanted: bool) -> None:
    if wanted:
        python = f"{platform.python_implementation()} {platform.python_version()}"
        from ...matching.engines import chosen

        print(f"dryfill {__version__} ({python}, engine {chosen()})")
        raise typer.Exit


@app.callback()
def _dryfill(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Say the versions and end."
        ),
    ] = False,
) -> None:
    """Rehearse trading orders before they trade."""


@app.command(epilog=EPILOG)
def demo(
    seed: Annotated[int, typer.Option(min=0, help="Another market.")] = 9,
    size: Annotated[int, typer.Option(min=1, help="Contracts for each entry.")] = 8,
    out: Annotated[str, typer.Option(help="Folder for the report.")] = "dryfill-demo",
    debug: Annotated[bool, typer.Option("--debug", help="Tracebacks of errors.")] = False,
) -> None:
    """Trade a generated morning with brackets that are filled in parts, and show what happened."""
    from .run import show_demo

    raise typer.Exit(show_demo(seed=seed, size=size, out=out, debug=debug))


def _port(help_text: str) -> Any:
    return typer.Option(min=0, max=65535, help=help_text, rich_help_panel=_SERVER)


@app.command(epilog=EPILOG)
def backtest(
    context: typer.Context,
    strategy: Annotated[str, typer.Argument(metavar="FILE.py[:Class]", help="The strategy.")],
    data: Annotated[list[str], typer.Argument(metavar="DATA...", help="Files; * and ? work.")],
    instrument: Annotated[str, typer.Option(help="A root such as ES, or a contract: ESH4.")],
    from_: Annotated[
        str | None,
        typer.Option("--from", help="Start; UTC unless a zone is given.", rich_help_panel=_MARKET),
    ] = None,
    to: Annotated[str | None, option("End, not included.", _MARKET)] = None,
    kind: Annotated[str | None, option("quotes, trades or bars.", _MARKET)] = None,
    stamp: Annotated[str | None, option("A bar's time: open or close.", _MARKET)] = None,
    span: Annotated[str | None, option("A bar's length: 1m, 5m.", _MARKET)] = None,
    timezone: Annotated[str | None, option("Of times without one.", _MARKET)] = None,
    clean: Annotated[list[str] | None, option("What may be mended.", _MARKET)] = None,
    contract: Annotated[str | None, option("Of several in a file.", _MARKET)] = None,
    latency: Annotated[str, option("zero, calm, live, slow or 25ms.", _RULES)] = "live",
    fees: Annotated[str, option("zero, topstepx or ib.", _RULES)] = "zero",
    seed: Annotated[int, option("Of all chance in the run.", _RULES)] = 0,
    cash: Annotated[str, option("The account at the start.", _RULES)] = "50000",
    margin: Annotated[
        list[str] | None, option("ES=1500: money held for each contract; may be repeated.", _RULES)
    ] = None,
    risk: Annotated[str | None, option("Limits by name: topstep-50k.", _RULES)] = None,
    settings: Annotated[str | None, option("TOML file of the order manager's.", _RULES)] = None,
    brackets: Annotated[str, option("auto, native or client.", _RULES)] = "auto",
    venue: Annotated[str, option("cme or projectx-sim.", _RULES)] = "cme",
    queue: Annotated[str, option("front, back or probabilistic.", _RULES)] = "back",
    unknown_size: Annotated[str | None, option("all, one or none.", _RULES)] = None,
    bar_path: Annotated[str, option("adverse, nearest, high- or low-first.", _RULES)] = "adverse",
    spread: Annotated[int, option("Ticks, where there are trades alone.", _RULES)] = 1,
    stop_trigger: Annotated[str | None, option("trade or quote.", _RULES)] = None,
    param: Annotated[list[str] | None, option("k=v, may be repeated.", _RULES)] = None,
    engine: Annotated[str, option("auto, native or reference.", _RULES)] = "auto",
    json: Annotated[bool, option("Print the summary as JSON only.", _OUTPUT, "--json")] = False,
    out: Annotated[str | None, option("Folder for page and tables.", _OUTPUT)] = None,
    timeline: Annotated[str | None, option("File for a page of every message.", _OUTPUT)] = None,
    debug: Annotated[bool, option("Tracebacks of errors.", _OUTPUT, "--debug")] = False,
) -> None:
    """Run a strategy over recorded data."""
    from .run import Asked, show_backtest

    world = {
        "instrument": instrument,
        "start": from_,
        "end": to,
        "kind": kind,
        "stamp": stamp,
        "span": span,
        "timezone": timezone,
        "clean": clean or (),
        "contract": contract,
        "latency": latency,
        "fees": fees,
        "seed": seed,
        "cash": cash,
        "margin": margin or None,
        "risk": risk,
        "settings": settings,
        "brackets": brackets,
        "venue": venue,
        "queue": queue,
        "unknown_size": unknown_size,
        "bar_path": bar_path,
        "spread": spread,
        "stop_trigger": stop_trigger,
        "engine": engine,
    }
    asked = Asked(strategy, data, world, param or [], json, out, timeline, context.obj)
    raise typer.Exit(show_backtest(asked, debug=debug))


@app.command(epilog=EPILOG)
def gateway(
    host: Annotated[str, option("Where it listens.", _SERVER)] = "127.0.0.1",
    port: Annotated[int, _port("0: any that is free.")] = 8787,
    any_address: Annotated[
        bool, option("Let other machines reach it.", _SERVER, "--any-address")
    ] = False,
    control_port: Annotated[int | None, _port("For the control API.")] = None,
    keep: Annotated[str | None, option("SQLite file that outlives it.", _SERVER)] = None,
    accounts: Annotated[str | None, option("TOML file of users and accounts.", _SERVER)] = None,
    user: Annotated[str, option("Who logs in, without --accounts.", _SERVER)] = "demo",
    limits: Annotated[bool, typer.Option(help="Rate limits.", rich_help_panel=_SERVER)] = True,
    faults: Annotated[str | None, option("A plan of faults, TOML or JSON.", _SERVER)] = None,
    market: Annotated[
        list[str] | None, option("synthetic, FILE, or MNQZ6=FILE; may be repeated.", _MARKET)
    ] = None,
    instrument: Annotated[list[str] | None, option("MNQ; may be repeated.", _MARKET)] = None,
    start: Annotated[str | None, option("Of recorded data.", _MARKET)] = None,
    timezone: Annotated[str | None, option("Of times without one.", _MARKET)] = None,
    speed: Annotated[str, option("1x, 10x, 0x or max.", _MARKET)] = "1x",
    restamp: Annotated[
        bool, typer.Option(help="Show market times as now.", rich_help_panel=_MARKET)
    ] = True,
    seed: Annotated[int, typer.Option(min=0, help="Of a generated market.")] = 0,
    unknown_size: Annotated[str, option("all, one or none.", _RULES)] = "all",
    stop_trigger: Annotated[str, option("trade or quote.", _RULES)] = "trade",
    engine: Annotated[str, option("auto, native or reference.", _RULES)] = "auto",
    profile: Annotated[str, option("current or 2025-07.", _WIRE)] = "current",
    envelope: Annotated[str, option("wrapped, flat or mixed.", _WIRE)] = "wrapped",
    tape: Annotated[str, option("list or object.", _WIRE)] = "list",
    debug: Annotated[bool, option("Tracebacks of errors.", _OUTPUT, "--debug")] = False,
) -> None:
    """Serve a local twin of ProjectX Gateway for paper trading; see docs/gateway.md."""
    from ..session.twin_market import TwinMarket
    from .gateway import Asked, show_gateway

    traded = TwinMarket(
        market=market or ["synthetic"],
        instruments=instrument or [],
        timezone=timezone,
        start=start,
        unknown_size=unknown_size,
        stop_trigger=stop_trigger,
        seed=seed,
        engine=engine,
    )
    asked = Asked(
        host=host,
        port=port,
        any_address=any_address,
        control_port=control_port,
        traded=traded,
        speed=speed,
        restamp=restamp,
        accounts=accounts,
        user=user,
        profile=profile,
        envelope=envelope,
        tape=tape,
        limits=limits,
        faults=faults,
        keep=keep,
    )
    raise typer.Exit(show_gateway(asked, debug=debug))


app.add_typer(explore_app)
app.add_typer(rehearse_app)
app.add_typer(incident_app)
app.add_typer(live_app)
app.add_typer(keep_app)


if __name__ == "__main__":
    main()
