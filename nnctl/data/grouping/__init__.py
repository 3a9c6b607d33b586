"""Rows that belong together, such as those of one patient, go to one part of the data as a whole.

Held apart row by row, a model would be judged on patients that it knows.
"""
