"""A Kafka broker of one's own, for tests and the demo: `choose.local_broker()`."""
