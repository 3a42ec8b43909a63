"""The harness: asks tasks of systems, judges the answers, compares and reports."""
