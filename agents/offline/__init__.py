"""Replaying a history from files: intake's part, the fold, and what is told of it."""
