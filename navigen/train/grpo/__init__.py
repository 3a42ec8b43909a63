"""Reinforcement of a policy by group-relative advantages (GRPO): sample, judge, learn, with one mask for all three.

Departures from the released code, beside those that `navigen.rewards` numbers:
1. Only sampled tokens carry a gradient: no forced prefix, closing of a thought, padding, or token without alternative.
2. What limits sampling (the catalogue's trie) limits the learnt probabilities as well.
3. The end mark is part of every finished answer, and is learnt where it was sampled.
4. An answer that could not be judged has no advantage and is no part of its group's mean.
5. Held-out reward chooses the weights; divergence from the start can end the training; a loss that is no number does.
"""
