"""The harness: asks tasks of systems, judges the answers, compares and reports."""

import os

# On several threads, MKL computes a row of a product otherwise by its place and its memory, unless told to keep to one
# order; it reads this at its first product, so before torch is asked for any. Whoever set it knows better.
os.environ.setdefault("MKL_CBWR", "AUTO")

# Threads of torch that wait for each other spin for a millisecond and more by default (GNU OpenMP, read when torch is
# imported). Where another process has one of their cores, each small product then takes many times as long; giving up
# early costs little where none has (`python -m tests.perf.bench_waiting`).
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
