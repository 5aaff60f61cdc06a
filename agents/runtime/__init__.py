"""What stands in for parts of Faust: delivery, partitions' lives, commits, the worker.

The only package that touches an internal of Faust, mode or aiokafka. It moves raw
records and knows nothing of customers; what it overrides is pinned in `pins`.
"""
