"""A config and its data become a model, and a weights file becomes one again."""
