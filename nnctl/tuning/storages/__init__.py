"""Where a study is kept: what a storage is, and each kind of it."""
