"""A model, its step and its loop: what trains, evaluates and predicts with arrays alone."""
