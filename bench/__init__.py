"""
Benchmarks: each prints one line with its ratio to a floor measured in the same run, on the same data, by the same
machine.
"""
