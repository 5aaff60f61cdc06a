"""The command line `churnwatch`: from options to functions. What a command does is in `commands`.

Exit codes: 0 fine; 2 wrong use, settings or files; 1 anything else.
"""

import sys
import time
from collections.abc import Iterable
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from agents import cli_live, cli_state
from agents.commands.compare import compare
from agents.commands.replay import Request
from agents.commands.replay import replay as run_replay
from agents.commands.schemas import schemas as run_schemas
from agents.commands.simulate import outage_of, told
from agents.commands.simulate import simulate as run_simulate
from agents.instants import instant_ms
from agents.offline.summary import summary
from agents.problems import USER_ERRORS, Failure
from agents.settings import load_settings
from agents.shop.settings import ShopSettings
from agents.sources import ORDERS, TICKETS, TOUCHPOINTS
from schemas.base import instant

FINE: Final = 0
FAILED: Final = 1
WRONG_USE: Final = 2

app = typer.Typer(
    name="churnwatch",
    help="Who is about to leave, why, what it would cost, and what would prevent it.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_SHOP: Final = ShopSettings()


def _out(text: str) -> Any:
    return typer.Option(metavar="OUT", help=text)


Inputs = Annotated[list[Path] | None, typer.Option(metavar="F", help="A file of this source.")]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings", metavar="F", help="YAML file; churnwatch.yaml in this folder, if there."
    ),
]


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Take the options that no command is needed for."""
    if show_version:
        typer.echo(version("churnwatch"))
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(WRONG_USE)


@app.command(
    epilog="Example: churnwatch replay --orders orders.csv.gz --tickets tickets.jsonl "
    "--alerts alerts.jsonl --customers customers.csv"
)
def replay(
    orders: Inputs = None,
    tickets: Inputs = None,
    touchpoints: Inputs = None,
    activity: Annotated[
        Path | None, typer.Option(metavar="F", help="A dump of the log, instead of the above.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="As of then: a date, an RFC 3339 time, or milliseconds since the epoch. "
            "Default: the newest event.",
        ),
    ] = None,
    settings: SettingsFile = None,
    alerts: Annotated[Path | None, _out("Every alert, as JSON Lines.")] = None,
    customers: Annotated[Path | None, _out("One row a customer, as CSV.")] = None,
    dead_letters: Annotated[Path | None, _out("What was rejected, with file and line.")] = None,
    activity_out: Annotated[Path | None, _out("The log that was folded, for --activity.")] = None,
    against: Annotated[
        Path | None,
        typer.Option(metavar="F", help="Other settings: tell what they would change."),
    ] = None,
    ledger: Annotated[
        Path | None, _out("What became of every alert; .csv, else JSON Lines.")
    ] = None,
) -> None:
    """Tell who was about to leave, from orders and tickets in files.

    Files are JSON Lines (.jsonl, .ndjson, .json) or CSV, each also with .gz; options of files may
    be given several times.
    """
    began = time.perf_counter()
    request = Request(
        files={ORDERS: orders or [], TICKETS: tickets or [], TOUCHPOINTS: touchpoints or []},
        activity=activity,
        until_ms=None if until is None else instant_ms("--until", until),
        alerts=alerts,
        customers=customers,
        dead_letters=dead_letters,
        activity_out=activity_out,
        ledger=ledger,
    )
    if against is not None:
        first, other = (load_settings(path).pipeline() for path in (settings, against))
        _print(compare(request, first, other))
        return
    result = run_replay(request, load_settings(settings).pipeline())
    _print(summary(result, time.perf_counter() - began))


@app.command(
    epilog="Example: churnwatch fit --orders orders.csv.gz --tickets tickets.jsonl "
    "--alerts-per-day 20 --out fit.yaml"
)
def fit(
    orders: Inputs = None,
    tickets: Inputs = None,
    touchpoints: Inputs = None,
    activity: Annotated[
        Path | None, typer.Option(metavar="F", help="A dump of the log, instead of the above.")
    ] = None,
    log: Annotated[
        bool, typer.Option("--log", help="The log in Kafka, instead of the above.")
    ] = False,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Learn from nothing later. Default: the newest event."),
    ] = None,
    settings: SettingsFile = None,
    out: Annotated[Path | None, _out("The settings that were learnt, as YAML.")] = None,
    intercept_only: Annotated[
        bool,
        typer.Option(
            "--intercept-only", help="Learn only how high probabilities are; for small histories."
        ),
    ] = False,
    alerts_per_day: Annotated[
        float | None,
        typer.Option(metavar="N", help="Choose the level that raises so many inactivity alerts."),
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option(metavar="P", help="Choose the level at which such a share is right."),
    ] = None,
) -> None:
    """Learn from a history who leaves, for a worker to be told.

    It writes settings, and says how well they do on customers and times that nothing was learnt
    from, beside a fixed number of days of silence; where those do better, they are kept.
    """
    from agents.commands.fit import learn  # noqa: PLC0415 - it loads scipy
    from agents.commands.fit_request import Request as FitRequest  # noqa: PLC0415

    request = FitRequest(
        files={ORDERS: orders or [], TICKETS: tickets or [], TOUCHPOINTS: touchpoints or []},
        activity=activity,
        from_log=log,
        until_ms=None if until is None else instant_ms("--until", until),
        out=out,
        only_intercept=intercept_only,
        alerts_per_day=alerts_per_day,
        precision=precision,
    )
    with cli_live.connected() if log else nullcontext():
        _print(learn(request, load_settings(settings)))


@app.command(epilog="Example: churnwatch simulate --customers 500 --days 90 --out shop --gzip")
def simulate(
    customers: Annotated[int, typer.Option(help="Customers at the start.")] = _SHOP.customers,
    days: Annotated[float, typer.Option(help="How long.")] = _SHOP.days,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = _SHOP.seed,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the files go.")] = Path("shop"),
    gzip: Annotated[bool, typer.Option("--gzip", help="Compress the files.")] = False,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help=f"First instant. Default: {_SHOP.start.date()}; to Kafka, --days ago.",
        ),
    ] = None,
    trouble: Annotated[
        float, typer.Option(help="Multiplies the chance of all that goes wrong.")
    ] = _SHOP.trouble,
    closes_share: Annotated[
        float, typer.Option(help="Share of leavers who say so, for churn_label: closed.")
    ] = _SHOP.closes_share,
    outage: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE:BEGIN-END[:KIND]",
            help="A feed that fails, in days after the start; KIND is lost (default) or delayed. "
            "As in orders:10-13:delayed. May be given several times.",
        ),
    ] = None,
    to_kafka: cli_live.ToKafka = False,
    broker: cli_live.Broker = None,
    settings: SettingsFile = None,
    key: cli_live.Key = "customer",
    live: cli_live.Live = False,
    pace: cli_live.Pace = 1.0,
) -> None:
    """Simulate a shop: its records, and beside them who left and why.

    With --to-kafka they go into the source topics instead; the truth is then not told.
    """
    shop = ShopSettings(
        seed=seed,
        customers=customers,
        start=_SHOP.start if start is None else instant(instant_ms("--start", start)),
        days=days,
        trouble=trouble,
        closes_share=closes_share,
        outages=tuple(outage_of(text) for text in outage or ()),
    )
    feed = cli_live.feed_of(to_kafka=to_kafka, broker=broker, key=key, live=live, pace=pace)
    if feed is not None:
        shop = cli_live.timed(shop, feed, start)
        _print(cli_live.simulate_to_kafka(shop, cli_live.loaded(settings, broker), feed))
        return
    suffix = ".jsonl.gz" if gzip else ".jsonl"
    _print(told(shop, out, suffix, run_simulate(shop, out, suffix)))


@app.command(epilog="Example: churnwatch schemas --write schemas/json")
def schemas(
    write: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write one file each.")
    ] = None,
) -> None:
    """Print the JSON Schemas of what is read, and of alerts."""
    _print(run_schemas(write))


cli_live.add_to(app)
cli_state.add_to(app)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _fail(lines: list[str], code: int) -> int:
    for line in lines:
        typer.echo(f"churnwatch: {line}", err=True)
    return code


def run(arguments: list[str] | None = None) -> int:
    """Run a command line; return the exit code."""
    try:
        code = app(arguments, prog_name="churnwatch", standalone_mode=False)
    except typer.TyperException as error:
        return _fail([f"{error.format_message()} (see churnwatch --help)"], WRONG_USE)
    except USER_ERRORS as error:
        return _fail(str(error).splitlines(), WRONG_USE)
    except Failure as error:
        return _fail(str(error).splitlines(), FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return _fail(["interrupted"], FAILED)
    except BrokenPipeError:
        return FAILED
    except OSError as error:
        return _fail([str(error)], FAILED)
    return code if isinstance(code, int) else FINE


def main() -> None:
    """Be the program `churnwatch`."""
    sys.exit(run())
