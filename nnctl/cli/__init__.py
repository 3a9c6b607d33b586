"""The command line: options to arguments, one call to a job, one to print what came of it."""
