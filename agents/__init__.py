"""The outside world: files, Kafka, the command line, metrics and logs."""
