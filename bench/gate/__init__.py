"""A gate: is a candidate no worse than a pinned reference, by more than a stated margin?"""
