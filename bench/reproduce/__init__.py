"""Stored tables made again: rows asked anew or judged again, and every figure held against the committed one."""
