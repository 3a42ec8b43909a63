"""Reports: pages of comparable runs, with intervals and paired comparisons, as text, Markdown, CSV or JSON."""
