"""Faults on real Kafka: what the pipeline must bear, and what stock Faust does (`stock/`)."""
