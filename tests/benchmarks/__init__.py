"""How long a step of training takes, in nnctl and in the tools a user might pick instead.

    python -m tests.benchmarks --rounds 5

Peers that are not installed (torch; jax with optax) are left out with a line. All train the same
network from the same numbers, in alternating rounds of one run; the table gives medians and ratios.
"""
