"""The commands and variables of compose file and Dockerfile are the program's own."""

import importlib.util
import json
from typing import Any

import pytest

from tests.deploy.support import compose, instructions

SERVICES = compose()["services"]
OWN = [name for name, service in SERVICES.items() if service["image"].startswith("churnwatch:")]

needs_cli = pytest.mark.skipif(
    importlib.util.find_spec("agents.cli") is None, reason="there is no agents/cli.py yet"
)
needs_settings = pytest.mark.skipif(
    importlib.util.find_spec("agents.settings") is None, reason="there is no agents/settings.py yet"
)


def commands() -> list[list[str]]:
    """Return all command lines, without the program's name."""
    [default] = [rest for instruction, rest in instructions() if instruction == "CMD"]
    return [json.loads(default), *(SERVICES[name]["command"] for name in OWN)]


@needs_cli
@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_command_exists(arguments: list[str]) -> None:
    """The program takes apart each command line without a complaint; nothing is run."""
    import typer.main  # noqa: PLC0415

    from agents.cli import app  # noqa: PLC0415

    command: Any = typer.main.get_command(app)
    rest = list(arguments)
    while hasattr(command, "commands"):
        name = rest.pop(0)
        assert name in command.commands, f"no command {name} in {' '.join(arguments)}"
        command = command.commands[name]
    context = command.make_context(command.name, rest)
    assert context.args == []


@needs_settings
@pytest.mark.parametrize("name", OWN)
def test_variables_are_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program reads each service's environment: unknown variables are refused."""
    from agents.settings import load_settings  # noqa: PLC0415

    environment = SERVICES[name]["environment"]
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    settings: Any = load_settings()
    assert _text(settings.kafka.brokers) == environment["CHURNWATCH_KAFKA__BROKERS"]
    if "CHURNWATCH_SERVER__PORT" in environment:
        assert str(settings.server.port) == environment["CHURNWATCH_SERVER__PORT"]
        assert settings.server.host == environment["CHURNWATCH_SERVER__HOST"]


@needs_settings
def test_the_port_is_the_default() -> None:
    from agents.settings import load_settings  # noqa: PLC0415

    settings: Any = load_settings()
    [exposed] = [rest for instruction, rest in instructions() if instruction == "EXPOSE"]
    assert str(settings.server.port) == exposed
    assert settings.server.host == "127.0.0.1"


def _text(brokers: Any) -> str:
    return brokers if isinstance(brokers, str) else ",".join(brokers)
