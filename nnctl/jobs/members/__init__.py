"""A run of several members: begun, trained in turns, gone on with, and brought to its end."""
