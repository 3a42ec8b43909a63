"""The table of scorers that ship with the benchmark: names to classes, nothing imported until asked for."""

from __future__ import annotations

from bench.api import Entry

SCORERS: dict[str, Entry] = {
    "recall@k": Entry("bench.scorers.ranking:Recall", "Share of the targets among the first k; one target: hit rate."),
    "ndcg@k": Entry("bench.scorers.ranking:NDCG", "Discounted gain of the targets among the first k, over the ideal."),
    "mrr@k": Entry("bench.scorers.ranking:MRR", "One over the place of the first target, 0 behind place k."),
    "popularity-bias@k": Entry(
        "bench.scorers.ranking:PopularityBias", "Mean log popularity of the first k minus that of the targets."
    ),
    "coverage@k": Entry("bench.scorers.ranking:Coverage", "Share of the catalogue in anybody's first k."),
}
