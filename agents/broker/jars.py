"""The jars of Apache Kafka, fetched once by Maven into a cache folder of the user.

`deploy/kafka/pom.xml` says which. The folder appears under its name only when it is
complete, so that an interrupted or a concurrent fetch leaves nothing half done.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from agents.broker.base import BrokerError

POM = Path(__file__).parents[2] / "deploy" / "kafka" / "pom.xml"
JAVA_MIN = 17
FETCH_SECONDS_MAX = 600.0

CACHE_VARIABLE = "CHURNWATCH_CACHE"  # in the environment, and no setting


def kafka_version() -> str:
    """Return the Kafka version named in the pom."""
    if not POM.is_file():
        raise BrokerError(f"{POM} is missing: a local Kafka needs a checkout of churnwatch")
    found = re.search(r"<kafka\.version>([^<]+)</kafka\.version>", POM.read_text("utf-8"))
    if found is None:
        raise BrokerError(f"{POM} names no kafka.version")
    return found[1]


def cache_folder() -> Path:
    """Return the folder for fetched files: `CHURNWATCH_CACHE`, else `~/.cache/churnwatch`."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen) if chosen else Path.home() / ".cache" / "churnwatch"


def kafka_folder() -> Path:
    """Return where the jars of this Kafka version are, or will be."""
    return cache_folder() / f"kafka-{kafka_version()}"


def java() -> str:
    """Return the path of a Java that can run Kafka; raises `BrokerError`."""
    home = os.environ.get("JAVA_HOME")
    path = shutil.which("java", path=str(Path(home) / "bin")) if home else None
    path = path or shutil.which("java")
    if path is None:
        raise BrokerError(f"java is not on the PATH; a local Kafka needs Java {JAVA_MIN} or newer")
    said = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    if found is None or int(found[1]) < JAVA_MIN:
        seen = found[1] if found else "of an unknown version"
        raise BrokerError(f"{path} is Java {seen}; a local Kafka needs Java {JAVA_MIN} or newer")
    return path


def kafka_jars() -> Path:
    """Return the folder of Kafka's jars, fetched first if missing; raises `BrokerError`."""
    folder = kafka_folder()
    if folder.is_dir():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise BrokerError("mvn is not on the PATH; Maven fetches Kafka's jars once")
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix="fetching-", dir=folder.parent))
    try:
        _fetch(maven, partial)
        _publish(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _fetch(maven: str, folder: Path) -> None:
    command = [
        maven,
        *("--quiet", "--batch-mode", "--file", str(POM)),
        *("dependency:copy-dependencies", f"-DoutputDirectory={folder}"),
    ]
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, timeout=FETCH_SECONDS_MAX
        )
    except subprocess.TimeoutExpired:
        raise BrokerError(
            f"Maven has not fetched Kafka {kafka_version()} in {FETCH_SECONDS_MAX:.0f} s"
        ) from None
    if done.returncode != 0 or not any(folder.glob("kafka_*.jar")):
        said = (done.stdout + done.stderr).strip().splitlines() or ["it said nothing"]
        raise BrokerError(f"Maven could not resolve Kafka {kafka_version()}: {said[0]}")


def _publish(partial: Path, folder: Path) -> None:
    partial.chmod(0o755)
    try:
        partial.rename(folder)
    except OSError:
        # Another process was quicker; its folder is as complete as ours.
        if not folder.is_dir():
            raise
