"""Detection measured on public data, beside its rivals: `python -m benchmarks.detection`."""
