"""The chaos run: a seeded shop, workers as real processes, and seeded faults on a real Kafka.

    python -m tests.faults.chaos --seed 7

While the shop's events go into the source topics, workers and the broker are killed, frozen and
restarted. When all is over, what the topics hold is compared with a fold of the log (`verify`).
The same seed gives the same shop, traits and faults; `plan` and `scenario` say which.
"""
