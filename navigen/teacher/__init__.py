"""The teacher: what writes the supervision that logs do not hold, terms, reasons and searched instructions."""
