"""Every write, flush, rename and new folder of a job fails in turn; nothing older is lost.

`python -m tests.faults` tries all of them with every error, and prints how many there were.
"""
