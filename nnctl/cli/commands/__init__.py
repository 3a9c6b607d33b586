"""A file a command, named as it is typed: options in, one job, one way of printing."""
