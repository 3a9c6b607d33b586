"""How many digits are right: against references of 60 digits."""
