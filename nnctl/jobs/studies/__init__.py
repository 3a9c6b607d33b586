"""A study: what is searched, its trials, and what has come of them so far."""
