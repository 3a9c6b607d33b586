"""From the bytes of a file to columns and arrays, before anything is learnt of them."""
