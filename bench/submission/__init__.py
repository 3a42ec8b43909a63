"""Runs handed in by others: packed into one archive, and judged again without trusting a byte of it."""
