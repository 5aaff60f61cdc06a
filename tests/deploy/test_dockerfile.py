"""What the Dockerfile names is here and reaches the build; the image is small and safe.

No Docker engine is needed: the file is read.
"""

import json
import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import PurePosixPath
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.deploy.support import ROOT, instructions

PORT = "9469"
EXTRA_NONE = {"extra": ""}


def project() -> Any:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def all_of(name: str) -> list[str]:
    """Return what follows each instruction of this name."""
    return [rest for instruction, rest in instructions() if instruction == name]


def last_stage(name: str) -> list[str]:
    """Return what follows each instruction of this name in the stage that is shipped."""
    found = instructions()
    start = max(at for at, (instruction, _) in enumerate(found) if instruction == "FROM")
    return [rest for instruction, rest in found[start:] if instruction == name]


def copied() -> list[str]:
    """Return the paths that are copied from the repository."""
    own = [rest for rest in all_of("COPY") if not rest.startswith("--from=")]
    return [path for rest in own for path in rest.split()[:-1]]


@pytest.mark.parametrize("path", copied())
def test_what_is_copied_is_there_and_is_let_through(path: str) -> None:
    assert (ROOT / path).exists()
    ignore = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    assert "*" in ignore
    assert f"!{path}" in ignore


def test_nothing_is_let_through_that_is_not_copied() -> None:
    ignore = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    assert {line[1:] for line in ignore if line.startswith("!")} == set(copied())


def test_the_wheel_has_all_that_it_is_built_from() -> None:
    """What pyproject.toml names for the build is copied."""
    wheel = project()["tool"]["hatch"]["build"]["targets"]["wheel"]
    named = {*wheel["packages"], *wheel["force-include"]}
    named |= {project()["project"]["readme"], *project()["project"]["license-files"]}
    assert named <= set(copied())


def test_python_is_one_that_is_supported_and_pinned() -> None:
    [argument] = all_of("ARG")
    name, tag = argument.split("=")
    assert set(all_of("FROM")) == {f"python:${{{name}}} AS build", f"python:${{{name}}}"}
    version = re.fullmatch(r"(3\.\d+)\.\d+-slim-\w+", tag)
    assert version
    classifier = f"Programming Language :: Python :: {version[1]}"
    assert classifier in project()["project"]["classifiers"]


def test_packages_are_pinned_and_not_kept_twice() -> None:
    [run] = [rest for rest in all_of("RUN") if "pip" in rest]
    calls = [call for call in run.split("&&") if " -m pip " in call]
    assert len(calls) == 2
    assert all("--no-cache-dir" in call for call in calls)
    assert "--constraint constraints.txt" in calls[-1]
    assert "[" not in run  # no extra: what runs, and no more


def test_every_package_that_runs_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").split()
    pinned = {normal(line.partition("==")[0]) for line in lines if "==" in line}
    needed = needs([Requirement(text) for text in project()["project"]["dependencies"]])
    assert "faust-streaming" in needed
    assert needed <= pinned


def needs(requirements: list[Requirement]) -> set[str]:
    """Return the names of packages that these need here, and what those need."""
    found: set[str] = set()
    waiting = list(requirements)
    while waiting:
        one = waiting.pop()
        extras = [{"extra": extra} for extra in one.extras] or [EXTRA_NONE]
        found.add(normal(one.name))
        for text in _requires(one.name):
            part = Requirement(text)
            wanted = part.marker is None or any(part.marker.evaluate(extra) for extra in extras)
            if wanted and normal(part.name) not in found:
                waiting.append(part)
    return found


def _requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []


def normal(name: str) -> str:
    """Return a package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_it_runs_as_a_user_without_rights() -> None:
    [user] = last_stage("USER")
    uid, _, gid = user.partition(":")
    assert int(uid) >= 1000
    assert int(gid) >= 1000
    assert any(f"--uid {uid}" in rest for rest in last_stage("RUN"))


def test_it_starts_the_program_that_the_wheel_installs() -> None:
    """As a list: a shell in between would not pass SIGTERM on."""
    [entry] = last_stage("ENTRYPOINT")
    [program] = json.loads(entry)
    assert program in project()["project"]["scripts"]
    [command] = last_stage("CMD")
    assert json.loads(command) == ["worker"]


def test_its_programs_are_where_the_path_looks() -> None:
    [copy] = last_stage("COPY")
    _, source, target = copy.split()
    assert source == target  # a virtual environment cannot be moved
    [environment] = last_stage("ENV")
    assert f"PATH={PurePosixPath(target) / 'bin'}:$PATH" in environment.split()


def test_health_is_whether_the_worker_lives() -> None:
    [check] = last_stage("HEALTHCHECK")
    program, option, code = json.loads(check[check.index("[") :])
    assert (program, option) == ("python", "-c")
    compile(code, "HEALTHCHECK", "exec")
    assert "/live" in code
    assert f"get('CHURNWATCH_SERVER__PORT', '{PORT}')" in code
    assert last_stage("EXPOSE") == [PORT]
