"""What stock Faust does where this pipeline must not fail: shown on real Kafka, not in CI.

    python -m tests.faults.stock [--exactly-once] [NAME ...]

It starts a Kafka node of its own with a proxy before it, plays each scenario (1, 2, 3a, ...) with
workers of a plain `faust.App` (`app.py`), and prints a table of what was seen. All of them take a
quarter of an hour. `docs/reliability.md` keeps such a table: play them again after an upgrade of
Faust, and what then holds need not be gone round any more.

A race may be won by chance, so a scenario that "holds this time" proves nothing. pytest collects
none of this. What each file tries: `restarts` (1, 2, 10), `writes` (3, 9), `hangs` (4, 5),
`windows` (6), `acks` (7, 8), `zombie` (11).
"""
