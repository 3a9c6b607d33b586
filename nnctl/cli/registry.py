"""The commands, in the groups that the help shows them in: a command is registered here alone."""

GROUPS = {
    "Begin": ("init", "validate", "advice", "schema", "help"),
    "Train and predict": ("train", "resume", "predict", "tune", "crossval", "lr-find"),
    "Judge": ("evaluate", "report", "runs", "diff", "drift"),
    "Look inside": ("importance", "attribution", "summary", "profile"),
    "Follow the course": ("explain", "playground", "gradcheck", "derivative"),
    "Take it elsewhere": ("export",),
}
COMMANDS = tuple(name for names in GROUPS.values() for name in names)
