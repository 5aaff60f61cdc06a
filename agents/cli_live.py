# ruff: noqa: PLC0415 - Kafka's clients are imported by the commands that need them, and no others
"""The commands of the command line that talk to Kafka: from options to functions."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from agents.commands.demo import CUSTOMERS, DAYS
from agents.problems import Failure, UserError
from agents.settings import Settings, as_yaml, load_settings
from agents.shop.settings import ShopSettings
from pipeline.errors import SettingError

if TYPE_CHECKING:
    from agents.commands.simulate_kafka import Feed

FINE: Final = 0
FAILED: Final = 1
WRONG_USE: Final = 2

_SHOP: Final = ShopSettings()

SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings", metavar="F", help="YAML file; churnwatch.yaml in this folder, if there."
    ),
]
ToKafka = Annotated[
    bool, typer.Option("--to-kafka", help="Write into the source topics, not into files.")
]
Broker = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="Of Kafka, instead of what the settings say."),
]
Key = Annotated[
    Literal["customer", "order"],
    typer.Option(help="To Kafka: key by customer id, or by the id of the order or ticket."),
]
Live = Annotated[
    bool,
    typer.Option("--live", help="To Kafka: end the --days now, then go on until Ctrl-C."),
]
Pace = Annotated[
    float, typer.Option(help="With --live: simulated seconds in a second of the wall clock.")
]
Copies = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Instead of topics.replication_factor."),
]

topics_app: Final = typer.Typer(
    name="topics",
    rich_markup_mode=None,
)


@topics_app.callback(invoke_without_command=True)
def topics(context: typer.Context) -> None:
    """Create, check or describe every topic that the pipeline uses."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(WRONG_USE)


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    alone: tuple[tuple[Callable[..., object], str], ...] = (
        (worker, "churnwatch worker --settings churnwatch.yaml"),
        (check, "churnwatch check --settings churnwatch.yaml --show"),
        (customer, "churnwatch customer c-000017"),
        (demo, "churnwatch demo --seconds 60"),
    )
    for command, example in alone:
        app.command(epilog=f"Example: {example}")(command)
    of_topics: tuple[tuple[Callable[..., object], str], ...] = (
        (topics_create, "churnwatch topics create --yes"),
        (topics_check, "churnwatch topics check"),
        (topics_describe, "churnwatch topics describe"),
    )
    for command, example in of_topics:
        name = command.__name__.removeprefix("topics_")
        topics_app.command(name, epilog=f"Example: {example}")(command)
    app.add_typer(topics_app)


@contextmanager
def connected() -> Iterator[None]:
    """Turn what goes wrong between us and Kafka into a failure of one line."""
    from agents.runtime.errors import AgentError

    try:
        yield
    except AgentError as error:
        raise Failure(str(error)) from None


def loaded(path: Path | None, broker: str | None = None) -> Settings:
    """Return the settings, with another broker if one is given."""
    settings = load_settings(path)
    if broker is None:
        return settings
    try:
        kafka = replace(settings.kafka, brokers=broker)
    except SettingError:
        raise UserError(f"--broker is {broker!r}; wants host:port, several with commas") from None
    return settings.model_copy(update={"kafka": kafka})


def worker(
    settings: SettingsFile = None,
    log_format: Annotated[
        Literal["json", "plain"] | None,
        typer.Option(help="Default: plain on a terminal, else json."),
    ] = None,
    log_level: Annotated[Literal["debug", "info", "warning", "error"], typer.Option()] = "info",
) -> int:
    """Run the pipeline: read the sources, keep the log, send alerts.

    It ends at SIGTERM or Ctrl-C with 0; with 2 for wrong settings or topics, 70 when it had to be
    ended by its watchdog, 1 for anything else. The last log line says why.
    """
    from agents.commands.worker import worker as run_worker

    return run_worker(settings, log_format, log_level)


def check(
    settings: SettingsFile = None,
    show: Annotated[
        bool, typer.Option("--show", help="Only print the settings in effect.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Only check the settings.")] = False,
) -> None:
    """Check the settings, of the file and of the environment, the connection and the topics."""
    read = load_settings(settings)
    if show:
        typer.echo(as_yaml(read))
        return
    if offline:
        typer.echo("Settings are fine.")
        return
    from agents.commands.check import check as run_check

    typer.echo("settings    fine")
    with connected():
        tell(run_check(read))


def customer(
    customer_id: Annotated[str, typer.Argument(metavar="ID", help="As in the records.")],
    settings: SettingsFile = None,
) -> None:
    """Ask the log what is known of one customer, and why an alert stands."""
    from agents.commands import customer as command

    with connected():
        found = command.dossier(load_settings(settings), customer_id)
    if not found.is_known:
        raise Failure(command.unknown(found))
    tell(command.told(found))


def topics_create(
    settings: SettingsFile = None,
    yes: Annotated[
        bool, typer.Option("--yes/--dry-run", help="Create them; a dry run only tells.")
    ] = False,
    replication_factor: Copies = None,
) -> None:
    """Create the topics that are missing; what is there is never altered."""
    from agents.commands import topics as command

    with connected():
        lines, wrong = command.create(load_settings(settings), replication_factor, apply=yes)
    tell(lines)
    tell(command.told(wrong))


def topics_check(settings: SettingsFile = None, replication_factor: Copies = None) -> int:
    """Compare the topics with what they must be; exit 1 if something is wrong."""
    from agents.commands import topics as command

    read = load_settings(settings)
    with connected():
        wrong = command.check(read, replication_factor)
    if not wrong:
        typer.echo(f"All topics on {read.kafka.brokers} are as they must be.")
    tell(command.told(wrong))
    return FAILED if wrong else FINE


def topics_describe(settings: SettingsFile = None) -> None:
    """Show every topic as it is, beside what it must be."""
    from agents.commands import topics as command

    with connected():
        tell(command.describe(load_settings(settings)))


def demo(
    seed: Annotated[int, typer.Option(help="Another shop.")] = _SHOP.seed,
    seconds: Annotated[
        float | None, typer.Option(min=1, metavar="N", help="End by itself, with a summary.")
    ] = None,
    broker: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT|kafka|embedded",
            help="Default: Kafka started for the demo if Java and Maven are there, else embedded.",
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="No broker: replay the shop, and score the alerts.")
    ] = False,
) -> int:
    """Run the whole pipeline on a simulated shop, and show who is about to leave it.

    A broker, a worker, and a shop of 2,000 customers: 120 days of history, then live. It ends with
    Ctrl-C, or after --seconds, and leaves nothing running.
    """
    shop = ShopSettings(seed=seed, customers=CUSTOMERS, days=DAYS)
    if offline:
        from agents.commands.demo import demo as run_offline

        if seconds is not None or broker is not None:
            raise UserError("--offline goes with --seed only; it starts no broker and ends itself")
        tell(run_offline(shop))
        return FINE
    from agents.commands.live_demo import live_demo

    with connected():
        return live_demo(shop, broker, seconds)


def feed_of(
    *,
    to_kafka: bool,
    broker: str | None,
    key: Literal["customer", "order"],
    live: bool,
    pace: float,
) -> "Feed | None":
    """Return how a shop is fed to Kafka, None if it is not; refuse what does not go together."""
    if not to_kafka:
        if broker is not None or live or key != "customer" or pace != 1:
            raise UserError("--broker, --key, --live and --pace go with --to-kafka")
        return None
    if not pace > 0:
        raise UserError(f"--pace is {pace:g}; wants a number above 0")
    from agents.commands.simulate_kafka import Feed

    return Feed(keyed_by=key, live=live, pace=pace)


def timed(shop: ShopSettings, feed: "Feed", start: str | None) -> ShopSettings:
    """Return a shop whose history ends now, unless its start was given; endless if live."""
    if feed.live and start is not None:
        raise UserError(
            "--start does not go with --live: the history begins --days ago, to end now"
        )
    if start is None:
        began = datetime.now(UTC) - timedelta(days=shop.days)
        shop = replace(shop, start=began)
    return replace(shop, history_days=shop.days, days=float("inf") if feed.live else shop.days)


def simulate_to_kafka(shop: ShopSettings, settings: Settings, feed: "Feed") -> Iterator[str]:
    """Feed a shop to Kafka; yield what was sent."""
    from agents.commands import simulate_kafka

    with connected():
        sent = simulate_kafka.simulate_to_kafka(shop, settings, feed)
    yield from simulate_kafka.told(sent, settings.kafka.brokers)


def tell(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        typer.echo(line)
