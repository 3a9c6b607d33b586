"""Configs, tables, arrays and run files that are mostly sound, with something wrong here and there.

Whatever a file holds, a command ends with status 0, 1 or 2, with a message where it is not 0, and
without a traceback, a NumPy warning, a hang or more memory than it is given.
`python -m tests.fuzz 20000` tries so many and prints how many of them came to train.
"""
