# ruff: noqa: PLC0415 - Kafka's clients are imported by the commands that need them, and no others
"""The commands of the command line that change what is stored: from options to functions."""

from collections.abc import Callable
from typing import Annotated

import typer

from agents.cli_live import SettingsFile, connected, tell, topics_app
from agents.settings import load_settings

Yes = Annotated[bool, typer.Option("--yes/--dry-run", help="Do it; a dry run only tells.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    commands: tuple[tuple[typer.Typer, str, Callable[..., object], str], ...] = (
        (app, "forget", forget, "churnwatch forget c-000017 --yes"),
        (app, "rebuild", rebuild, "churnwatch rebuild --yes"),
        (topics_app, "reset-source", reset_source, "churnwatch topics reset-source orders --yes"),
    )
    for where, name, command, example in commands:
        where.command(name, epilog=f"Example: {example}")(command)


def reset_source(
    source: Annotated[str, typer.Argument(metavar="NAME", help="orders, support-tickets, ...")],
    settings: SettingsFile = None,
    yes: Yes = False,
) -> None:
    """Read a source from its beginning: its topic was made anew."""
    from agents.commands import reset_source as command

    read = load_settings(settings)
    with connected():
        found = command.reset(read, source) if yes else command.places(read, source)
    tell(command.told(found, source, applied=yes))


def forget(
    customer_id: Annotated[str, typer.Argument(metavar="ID", help="As in the records.")],
    settings: SettingsFile = None,
    yes: Yes = False,
) -> None:
    """Erase what is known of a customer, and void the open alerts."""
    from agents.commands import forget as command

    read = load_settings(settings)
    command.check(read, customer_id)
    if not yes:
        tell(command.asked(read, customer_id))
        return
    with connected():
        command.forget(read, customer_id)
    tell(command.told(read, customer_id))


def rebuild(
    settings: SettingsFile = None,
    yes: Yes = False,
) -> None:
    """Fold the log again, after settings changed that shape the state."""
    from agents.commands import rebuild as command

    read = load_settings(settings)
    if not yes:
        tell(command.asked(read))
        return
    with connected():
        found = command.run(read)
    tell(command.told(found))
