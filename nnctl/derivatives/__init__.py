"""What shows and proves derivatives: gradcheck, explain, and formulas of one's own."""
