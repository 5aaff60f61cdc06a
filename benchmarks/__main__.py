"""The benchmarks, each in a process of its own: `python -m benchmarks [--live]`.

Those that need a broker are run only with `--live`; they start one.
"""

import subprocess
import sys

NAMES = ("replay", "step", "million")

for name in (*NAMES, *(["live", "restore", "equality"] if "--live" in sys.argv[1:] else [])):
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
