"""How sure a score is: cluster bootstrap intervals, paired comparisons, adjusted p-values, detectable differences."""

from bench.stats.comparison import Comparison, compare_paired
from bench.stats.intervals import Interval, cluster_intervals
from bench.stats.multiple import benjamini_hochberg, holm
from bench.stats.power import minimum_detectable_difference

__all__ = [
    "Comparison",
    "Interval",
    "benjamini_hochberg",
    "cluster_intervals",
    "compare_paired",
    "holm",
    "minimum_detectable_difference",
]
