"""The version of nnctl; this is the only place that states it, and packaging reads it from here."""

__version__ = "0.1.0"
