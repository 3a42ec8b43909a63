"""A report as files that a browser opens from disk: pages of figures, and galleries of what people would see."""
