"""The playground: one page on which a network can be watched while it learns."""
