"""The processes that a command has started, as the system lists them."""

from pathlib import Path


def processes_of(session):
    """The processes of a session, by their numbers."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(folder.name))
    return found
