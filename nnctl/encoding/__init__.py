"""What the numbers and dates of single columns become: formulas, and their statistics."""
