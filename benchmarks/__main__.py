"""All benchmarks that need no broker, each in a process of its own: `python -m benchmarks`."""

import subprocess
import sys

NAMES = ("replay", "step", "million")

for name in NAMES:
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
