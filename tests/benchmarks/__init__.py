"""How long training takes, in nnctl and in the tools a user might pick instead.

    python -m tests.benchmarks --rounds 5 --mnist mnist.npz

Peers that are not installed are left out with a line, and so are workloads that need all of MNIST
where it is not named. Each peer trains the same network from the same numbers in a process of its
own, in alternating rounds of one run; the table gives medians, ratios to the fastest peer, and by
how much a final loss differs. Each peer shuffles by itself, so that some percent are chance.
"""
