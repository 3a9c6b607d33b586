"""Folders of images: which files they hold, their pixels, and both as arrays."""
