"""How many rows the checks need, and how many they take in hand at a time."""

ENOUGH_ROWS = 20  # below which what they have in common may be chance
NUMBERS_AT_ONCE = 1 << 20


def rows_at_once(numbers: int) -> int:
    """How many rows of so many numbers each are looked at together, so that memory suffices."""
    return max(1, NUMBERS_AT_ONCE // max(1, numbers))
