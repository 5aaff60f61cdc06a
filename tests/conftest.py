"""What holds for every test."""

from hypothesis import settings

# No deadline for one example: machines are noisy, and a time is measured in benchmarks, not here.
settings.register_profile("churnwatch", deadline=None)
settings.load_profile("churnwatch")
