"""The course's vocabulary: layers, activations, losses, optimizers, metrics, each a formula."""
