"""Tests of tables made again."""
