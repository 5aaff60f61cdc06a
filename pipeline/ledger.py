"""The ledger: every alert, until it is known what became of the customer."""

from pipeline.pool import Pool


def new_pool() -> Pool:
    """Return an empty ledger; a record's key is the kind of alert and its onset."""
    return Pool(
        [
            ("onset_ms", "i8"),
            ("acted_ms", "i8"),  # first act of the company since; 0: none
            ("score", "f8"),
            ("limit", "f8"),
            ("row", "i4"),
            ("revision", "i4"),
            ("kind", "u1"),
            ("phase", "u1"),  # where its episode stands, or stood last
            ("critical", "u1"),
            ("feedback", "u1"),  # 0: none, 1: right, 2: wrong
        ]
    )
