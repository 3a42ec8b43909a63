"""Supervised fine-tuning of causal language models, in stages."""
