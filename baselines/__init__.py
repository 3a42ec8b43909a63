"""The table of systems that ship with the benchmark: names to classes, nothing imported until asked for."""

from __future__ import annotations

from bench.listing import Entry

SYSTEMS: dict[str, Entry] = {
    "random": Entry("baselines.chance:Random", "A random order per query: the floor."),
    "popularity": Entry("baselines.popularity:Popularity", "Training counts, the same for everybody."),
    "recent": Entry("baselines.recent:Recent", "The user's own items, most recent first."),
    "markov": Entry("baselines.transitions:Markov", "First-order transitions from the last item."),
    "transitions": Entry(
        "baselines.transitions:Transitions", "Transitions from the last items, nearer pairs count more."
    ),
    "item-knn": Entry("baselines.item_knn:ItemKNN", "Cosine neighbours of the items of the history."),
    "ease": Entry("baselines.ease:Ease", "Embarrassingly shallow autoencoder (Steck 2019), in closed form."),
    "text-knn": Entry("baselines.text_knn:TextKNN", "Items whose title and caption are like those of the history."),
    "popular-terms": Entry(
        "baselines.terms:PopularTerms", "The most frequent attribute values, for everybody the same."
    ),
    "history-terms": Entry("baselines.terms:HistoryTerms", "The most frequent attribute values of the user's history."),
    "recent-terms": Entry("baselines.terms:RecentTerms", "The attribute values of the user's last item."),
    "sasrec-bce": Entry("baselines.sasrec:SasRecBCE", "SASRec with binary cross-entropy and one negative.", "torch"),
    "sasrec-sampled-softmax": Entry(
        "baselines.sasrec:SasRecSampledSoftmax", "SASRec with sampled softmax over shared negatives.", "torch"
    ),
    "sasrec-softmax": Entry("baselines.sasrec:SasRecSoftmax", "SASRec with softmax over the whole catalogue.", "torch"),
    "code-only": Entry(
        "baselines.code_only:CodeOnly", "Residual decoder over behaviour codes of items, TIGER-like.", "torch"
    ),
    "code-only-prior": Entry(
        "baselines.code_only:CodeOnlyPrior", "The same, decoding guided by counted transitions.", "torch"
    ),
    "dual-codes": Entry(
        "baselines.code_only:DualCodes", "The same decoder; items are their codes and their words.", "torch"
    ),
    "dual-codes-prior": Entry(
        "baselines.code_only:DualCodesPrior", "Codes and words, decoding guided by counted transitions.", "torch"
    ),
    "text-codes": Entry(
        "baselines.code_only:TextCodes", "The same decoder; items are their words, and codes made of them.", "torch"
    ),
    "raw-history": Entry(
        "baselines.language:RawHistory", "A language model as it is, prompted with titles and captions.", "lm"
    ),
    "text-ids": Entry("baselines.language:TextIds", "The method's training with terms instead of codes.", "lm"),
    "code-ids": Entry("baselines.language:CodeIds", "The method's training with codes and no terms, TIGER-like.", "lm"),
    "sft-only": Entry("baselines.language:SftOnly", "The method without reinforcement learning.", "lm"),
}
