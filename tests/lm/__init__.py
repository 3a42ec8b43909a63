"""Tests of the text backends."""
