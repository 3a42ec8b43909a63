"""Collaborative codes: item vectors from behaviour or content, quantised level by level, one code an item."""
