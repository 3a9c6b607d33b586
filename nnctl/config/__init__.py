"""The YAML config: read with a line for every path, overridden, checked, and written again."""

from nnctl.config.dumping import dump_yaml, resolved
from nnctl.config.schema import Config, DataConfig, load
from nnctl.config.source import Source
from nnctl.config.types import Entry, make

__all__ = ["Config", "DataConfig", "Entry", "Source", "dump_yaml", "load", "make", "resolved"]
