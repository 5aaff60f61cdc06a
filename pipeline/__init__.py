"""The core: pure functions and tables. No Kafka, no file, no clock, no metric."""
