"""The commands that search for what breaks a strategy, and replay and shrink what they found."""

from typing import Annotated

import typer

from .errors import EPILOG
from .options import option

_SEARCH, _MARKET, _RULES, _OUTPUT = "The search", "Market data", "How it is traded", "Output"

_KINDS = "trend, range, volatile, mixed, thin or walk."

explore_app = typer.Typer()

Debug = Annotated[bool, option("Tracebacks of errors.", _OUTPUT, "--debug")]
Jobs = Annotated[
    int | None, typer.Option(min=1, help="Processes; all cores.", rich_help_panel=_SEARCH)
]
Subject = Annotated[str | None, typer.Argument(metavar="FILE.py[:Class]", help="The strategy.")]
Plan = Annotated[str, typer.Argument(metavar="PLAN.toml", help="A plan that explore wrote.")]


@explore_app.command(epilog=EPILOG)
def explore(
    context: typer.Context,
    strategy: Subject = None,
    manager: Annotated[
        bool, option("The order manager's own workload, no strategy.", _SEARCH, "--manager")
    ] = False,
    work: Annotated[
        str | None, option("The manager's: brackets, or all kinds of orders.", _SEARCH)
    ] = None,
    seeds: Annotated[str, option("0:500, the last not included.", _SEARCH)] = "0:500",
    profile: Annotated[str, option("calm, live, hostile, swarm or crowded.", _SEARCH)] = "hostile",
    often: Annotated[
        str | None, option("Faults that strike often: late-fill,drop.", _SEARCH)
    ] = None,
    schedule: Annotated[str, option("mix, fifo, ties, pct or uniform.", _SEARCH)] = "mix",
    crashes: Annotated[bool, option("Kill and restart it, too.", _SEARCH, "--crashes")] = False,
    jobs: Jobs = None,
    dask: Annotated[
        str | None, option("A Dask scheduler's address: its workers play.", _SEARCH)
    ] = None,
    minutes: Annotated[float | None, option("For how long at most.", _SEARCH)] = None,
    all_seeds: Annotated[bool, option("Go on after a failure.", _SEARCH, "--all")] = False,
    bare: Annotated[str | None, option("5 s: so long at most without a stop.", _SEARCH)] = None,
    ends: Annotated[str | None, option("flat,protected: how a run may end.", _SEARCH)] = None,
    resume: Annotated[str | None, option("File: where it stands, to go on.", _SEARCH)] = None,
    instrument: Annotated[str, option("A root such as ES, or a contract.", _MARKET)] = "MNQ",
    market: Annotated[str | None, option(_KINDS, _MARKET)] = None,
    data: Annotated[list[str] | None, option("Files instead; may be repeated.", _MARKET)] = None,
    start: Annotated[str | None, option("Of the data; drawn if not given.", _MARKET)] = None,
    warmup: Annotated[str | None, option("History before: 120 min.", _MARKET)] = None,
    length: Annotated[str | None, option("What is traded: 30 min.", _MARKET)] = None,
    kind: Annotated[str | None, option("quotes, trades or bars.", _MARKET)] = None,
    stamp: Annotated[str | None, option("A bar's time: open or close.", _MARKET)] = None,
    span: Annotated[str | None, option("A bar's length: 1m, 5m.", _MARKET)] = None,
    timezone: Annotated[str | None, option("Of times without one.", _MARKET)] = None,
    contract: Annotated[str | None, option("Of several in a file.", _MARKET)] = None,
    unknown_size: Annotated[str | None, option("all, one or none.", _MARKET)] = None,
    stop_trigger: Annotated[str | None, option("trade or quote.", _MARKET)] = None,
    latency: Annotated[str, option("zero, calm, live, slow or 25ms.", _RULES)] = "25ms",
    brackets: Annotated[str, option("client or native: who keeps them.", _RULES)] = "client",
    wire: Annotated[
        bool, option("Through the live adapter and its bytes.", _RULES, "--wire")
    ] = False,
    param: Annotated[list[str] | None, option("k=v, may be repeated.", _RULES)] = None,
    engine: Annotated[str, option("auto, native or reference.", _RULES)] = "auto",
    out: Annotated[str, option("Folder for plans.", _OUTPUT)] = "dryfill-plans",
    cells: Annotated[
        bool, option("List states of orders not reached.", _OUTPUT, "--cells")
    ] = False,
    debug: Debug = False,
) -> None:
    """Search for what breaks a strategy, or the order manager: many runs, each
    with faults drawn by a seed, judged by every invariant.

    What fails is kept as a plan, which replays and can be shrunk. Stops at the
    first failure, unless --all. Exit code 1: something failed.
    """
    from .explored import asked_of, show_explore

    raise typer.Exit(show_explore(asked_of(context.params), debug=debug))


@explore_app.command(epilog=EPILOG)
def replay(
    plan: Plan,
    lines: Annotated[
        int, typer.Option(min=0, help="Of what led to it.", rich_help_panel=_OUTPUT)
    ] = 25,
    page: Annotated[str | None, option("File for a page of every message.", _OUTPUT)] = None,
    debug: Debug = False,
) -> None:
    """Run a plan again, and say whether it still fails and is the same run.

    Exit code 1: it fails, or is stale: faults of it did not happen.
    """
    from .explored import show_replay

    raise typer.Exit(show_replay(plan, lines, page, debug=debug))


@explore_app.command(epilog=EPILOG)
def shrink(
    plan: Plan,
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="Where to; PLAN-shrunk.toml if not given.")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="At most so many runs.")] = 1000,
    debug: Debug = False,
) -> None:
    """Make a plan that fails as small as can be, so that it still breaks the same
    rule: fewer faults and steps, simpler values, the plain schedule."""
    from .explored import show_shrink

    raise typer.Exit(show_shrink(plan, out, runs, debug=debug))
