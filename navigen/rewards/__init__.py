"""Rewards: what an answer of the policy earns, by its form, by the item it names and by what its instruction says."""
