"""How long training takes, in nnctl and in the tools a user might pick instead.

    python -m tests.benchmarks --rounds 5 --mnist mnist.npz

Peers that are not installed are left out with a line, and so are workloads that need all of MNIST
where it is not named. Each peer trains the same network from the same numbers in a process of its
own, in alternating rounds of one run. A library that can be used in several ways is timed in each,
and its faster one is what counts.

The table of a workload gives the median of the rounds, the least and the most of them, the ratio
to the fastest peer with the least and the most that it came to in one round, and by how much a
final loss differs. Each peer shuffles by itself, so that some percent are chance. At the end all
workloads stand in one table, in Markdown.
"""
