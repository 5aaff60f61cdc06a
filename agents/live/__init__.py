"""A worker on Kafka: intake, watch, ticks, alerts, dead letters, health."""
