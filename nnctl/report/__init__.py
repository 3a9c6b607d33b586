"""A run as one page of HTML: what is shown is collected first, then drawn, then laid out."""
