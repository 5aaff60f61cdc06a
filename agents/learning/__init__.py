"""Learning from a history what a worker is then told: nothing is learnt inside a worker.

Only this package loads scipy, and only `churnwatch fit` loads this package.
"""
