"""Decoding that can only answer what the catalogue holds."""
