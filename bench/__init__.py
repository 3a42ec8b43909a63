"""The harness: asks tasks of systems, judges the answers, compares and reports."""

import os

# On several threads, MKL computes a row of a product otherwise by its place and its memory, unless told to keep to one
# order; it reads this at its first product, so before torch is asked for any. Whoever set it knows better.
os.environ.setdefault("MKL_CBWR", "AUTO")
