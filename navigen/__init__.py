"""The method: identifiers of items, and decoding that stays inside the catalogue."""
