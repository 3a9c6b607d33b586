"""Runs that are killed at random moments and resumed: the same bytes as if nothing had happened.

`python -m tests.kills 200` kills so many runs and prints where the kills fell.
"""
