"""What a trained model makes of its columns, and what becomes of both: mathematics alone."""
