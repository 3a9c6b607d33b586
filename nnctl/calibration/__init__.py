"""What follows a model's logits: corrected probabilities, cuts, and ranges that hold the truth.

Mathematics on plain arrays, which knows nothing of files, configs or models.
"""
