"""What the compose file names exists here: paths, ports, hosts, versions, and each other.

No Docker engine is needed: the file is read.
"""

import json
import re
import tomllib
from typing import Any

import pytest

from agents.broker.jars import kafka_version
from agents.live_settings import KafkaSettings, TopicSettings
from tests.deploy.support import DEPLOY, PROMETHEUS, ROOT, compose, instructions, load

SERVICES = compose()["services"]
NAMES = sorted(SERVICES)
OWN = ["shop", "topics", "worker"]  # of our own image
ONE_SHOT = ["shop", "topics"]
LASTING = [name for name in NAMES if name not in ONE_SHOT]


def seconds(text: str) -> int:
    """Return a duration such as `35s`."""
    found = re.fullmatch(r"(\d+)s", text)
    assert found, text
    return int(found[1])


def test_services_are_the_ones_that_are_wanted() -> None:
    wanted = ["alertmanager", "grafana", "kafka", "prometheus", "shop", "topics", "worker"]
    assert wanted == NAMES
    assert [name for name in NAMES if "profiles" in SERVICES[name]] == ["shop"]


@pytest.mark.parametrize("name", NAMES)
def test_image_is_of_one_version(name: str) -> None:
    image, _, tag = SERVICES[name]["image"].partition(":")
    assert image
    assert re.fullmatch(r"v?\d+\.\d+\.\d+", tag)


def test_kafka_is_the_version_of_the_tests() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka_version()}"


@pytest.mark.parametrize("name", OWN)
def test_our_image_is_built_here_and_has_our_version(name: str) -> None:
    build = SERVICES[name]["build"]
    context = (DEPLOY / build["context"]).resolve()
    assert context == ROOT
    assert (context / build["dockerfile"]).is_file()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert SERVICES[name]["image"] == f"churnwatch:{version}"
    said = (DEPLOY / "Dockerfile").read_text("utf-8")
    assert f"--tag churnwatch:{version}" in said


@pytest.mark.parametrize("name", OWN)
def test_our_container_can_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    [home] = [rest for instruction, rest in instructions() if instruction == "WORKDIR"][1:]
    [user] = [rest for instruction, rest in instructions() if instruction == "USER"]
    uid, _, gid = user.partition(":")
    assert f"{home}:uid={uid},gid={gid},mode=0750" in service["tmpfs"]


@pytest.mark.parametrize("name", NAMES)
def test_ports_are_open_to_this_machine_only(name: str) -> None:
    for published in SERVICES[name].get("ports", ()):
        host, outer, inner = published.split(":")
        assert host == "127.0.0.1"
        assert outer.split("-")[0] == inner


def test_the_worker_serves_at_the_port_that_all_others_name() -> None:
    worker = SERVICES["worker"]
    [exposed] = [rest for instruction, rest in instructions() if instruction == "EXPOSE"]
    assert worker["environment"]["CHURNWATCH_SERVER__PORT"] == exposed
    assert worker["environment"]["CHURNWATCH_SERVER__HOST"] == "0.0.0.0"
    [published] = worker["ports"]
    assert published.endswith(f":{exposed}")
    [job] = load(PROMETHEUS)["scrape_configs"]
    [found] = job["dns_sd_configs"]
    assert (found["names"], found["type"]) == (["worker"], "A")
    assert str(found["port"]) == exposed


def test_there_may_be_as_many_workers_as_have_something_to_fold() -> None:
    """Nothing of a worker is there only once: no name, and no port of this machine."""
    worker = SERVICES["worker"]
    assert not {"container_name", "hostname", "deploy", "scale"} & set(worker)
    assert "CHURNWATCH_KAFKA__INSTANCE_ID" not in worker["environment"]
    [published] = worker["ports"]
    first, last = published.split(":")[1].split("-")
    assert int(last) - int(first) + 1 == TopicSettings().log_partitions
    taken = [one.split(":")[1] for name in NAMES for one in SERVICES[name].get("ports", ())]
    others = [int(port) for port in taken if "-" not in port]
    assert not [port for port in others if int(first) <= port <= int(last)]


def test_alerts_reach_the_alertmanager() -> None:
    [target] = load(PROMETHEUS)["alerting"]["alertmanagers"]
    assert target["static_configs"] == [{"targets": ["alertmanager:9093"]}]
    assert SERVICES["alertmanager"]["ports"] == ["127.0.0.1:9093:9093"]


def test_clients_find_kafka_where_it_says_it_is() -> None:
    kafka = SERVICES["kafka"]["environment"]
    told = dict(_listener(one) for one in kafka["KAFKA_ADVERTISED_LISTENERS"].split(","))
    open_at = dict(_listener(one) for one in kafka["KAFKA_LISTENERS"].split(","))
    assert {name: at.rpartition(":")[2] for name, at in told.items()} == {
        name: at.rpartition(":")[2] for name, at in open_at.items() if name != "CONTROLLER"
    }
    for name in OWN:
        assert SERVICES[name]["environment"]["CHURNWATCH_KAFKA__BROKERS"] == told["CLIENTS"]
    command = SERVICES["shop"]["command"]
    assert command[command.index("--broker") + 1] == told["CLIENTS"]
    assert SERVICES["kafka"]["ports"] == [f"{told['HOST']}:{told['HOST'].rpartition(':')[2]}"]
    inside = told["CLIENTS"].rpartition(":")[2]
    assert SERVICES["kafka"]["healthcheck"]["test"][-1] == f"localhost:{inside}"


def _listener(text: str) -> tuple[str, str]:
    name, _, address = text.partition("://")
    return name, address


def mounts() -> list[tuple[str, str]]:
    """Return each service with each of its volumes."""
    return [(name, one) for name in NAMES for one in SERVICES[name].get("volumes", ())]


@pytest.mark.parametrize(("name", "mount"), mounts())
def test_what_is_mounted_is_there(name: str, mount: str) -> None:
    source, target, *mode = mount.split(":")
    assert target.startswith("/")
    if source.startswith("."):
        assert (DEPLOY / source).is_dir()
        assert mode == ["ro"]
    else:
        assert source in compose()["volumes"]
        assert not mode
    options = " ".join(SERVICES[name].get("command", ()))
    for path in re.findall(r"=(/etc/\S+)", options):
        assert (DEPLOY / path.removeprefix("/etc/")).is_file()


def test_every_volume_is_used() -> None:
    used = {one.partition(":")[0] for _, one in mounts()}
    assert set(compose()["volumes"]) <= used
    assert "kafka-data:" + SERVICES["kafka"]["environment"]["KAFKA_LOG_DIRS"] in {
        one for _, one in mounts()
    }


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_comes_back_and_says_how_it_is(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert "mem_limit" in service
    checked = service.get("healthcheck") or dict(instructions()).get("HEALTHCHECK")
    assert checked
    if name not in {"kafka", "worker"}:
        port = service["ports"][0].rpartition(":")[2]
        assert service["healthcheck"]["test"][-1].startswith(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("name", ONE_SHOT)
def test_what_ends_is_not_asked_how_it_is(name: str) -> None:
    """The image's health check is about a worker."""
    assert SERVICES[name]["healthcheck"] == {"disable": True}


def test_a_worker_has_the_time_to_end_in_order() -> None:
    """And some seconds more, for the watchdog to say what kept it."""
    grace = seconds(SERVICES["worker"]["stop_grace_period"])
    assert grace >= KafkaSettings().stop_seconds_max + 5


def test_things_start_in_order() -> None:
    waits = {name: json.dumps(SERVICES[name].get("depends_on", {})) for name in NAMES}
    assert waits["topics"] == '{"kafka": {"condition": "service_healthy"}}'
    done = '{"topics": {"condition": "service_completed_successfully"}}'
    assert waits["worker"] == waits["shop"] == done


@pytest.mark.parametrize("name", NAMES)
def test_logs_do_not_fill_the_disk(name: str) -> None:
    options: dict[str, Any] = SERVICES[name]["logging"]["options"]
    assert set(options) == {"max-size", "max-file"}
