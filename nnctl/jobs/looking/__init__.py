"""Looking into a model: what it relies on, what its runs were, whether data have changed."""
