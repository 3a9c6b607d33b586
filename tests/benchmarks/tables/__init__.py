"""How right predictions on real tables are, beside those of other tools."""
