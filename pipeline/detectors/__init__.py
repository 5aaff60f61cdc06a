"""The kinds of alert: a detector each, all of them in one table (`table.py`)."""
