"""A gate for changes: whether a candidate is worse than a pinned reference by more than a stated margin."""
