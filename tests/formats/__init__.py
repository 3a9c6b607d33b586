"""Files of each format version that was ever released, which every later nnctl must read."""
