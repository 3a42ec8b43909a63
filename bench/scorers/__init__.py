"""The table of scorers that ship with the benchmark: names to classes, nothing imported until asked for."""

from __future__ import annotations

from bench.listing import Entry

SCORERS: dict[str, Entry] = {
    "recall@k": Entry("bench.scorers.ranking:Recall", "Share of the targets among the first k; one target: hit rate."),
    "ndcg@k": Entry("bench.scorers.ranking:NDCG", "Discounted gain of the targets among the first k, over the ideal."),
    "mrr@k": Entry("bench.scorers.ranking:MRR", "One over the place of the first target, 0 behind place k."),
    "popularity-bias@k": Entry(
        "bench.scorers.ranking:PopularityBias", "Mean log popularity of the first k minus that of the targets."
    ),
    "coverage@k": Entry("bench.scorers.ranking:Coverage", "Share of the catalogue in anybody's first k."),
    "term-precision": Entry(
        "bench.scorers.instruction:TermPrecision", "Share of the given terms that are the target's."
    ),
    "term-recall": Entry("bench.scorers.instruction:TermRecall", "Share of the target's terms that are given."),
    "term-f1": Entry("bench.scorers.instruction:TermF1", "Harmonic mean of term precision and recall."),
    "attribute-precision": Entry(
        "bench.scorers.instruction:AttributePrecision", "Share of the attribute values named that are the target's."
    ),
    "attribute-recall": Entry(
        "bench.scorers.instruction:AttributeRecall", "Share of the target's attributes that the text names."
    ),
    "attribute-f1": Entry("bench.scorers.instruction:AttributeF1", "Harmonic mean of attribute precision and recall."),
    "attribute-f1-mismatched": Entry(
        "bench.scorers.instruction:AttributeF1Mismatched", "Attribute F1 against another user's target: the control."
    ),
    "personal-effect": Entry(
        "bench.scorers.instruction:PersonalEffect", "Attribute F1 minus that against another user's target."
    ),
    "retrieval@k": Entry(
        "bench.scorers.instruction_text:Retrieval", "Recall of the target, items ranked by likeness to the instruction."
    ),
    "retrieval-mismatched@k": Entry(
        "bench.scorers.instruction_text:RetrievalMismatched", "Retrieval of another user's target: the control."
    ),
    "specificity": Entry(
        "bench.scorers.instruction_text:Specificity", "Mean inverse document frequency of the content words."
    ),
    "layers": Entry(
        "bench.scorers.instruction_text:Layers",
        "Share of subject, scene, style, composition, light and motion that are spoken of.",
    ),
    "leak": Entry("bench.scorers.instruction_text:Leak", "Whether the text names the target outright."),
    "words": Entry("bench.scorers.instruction_text:Words", "Length of the instruction in words."),
    "similarity": Entry("bench.scorers.meaning:Similarity", "Likeness of the text to the target, by MiniLM.", "text"),
    "similarity-mismatched": Entry(
        "bench.scorers.meaning:SimilarityMismatched", "Likeness to another user's target: the control.", "text"
    ),
    "similarity-effect": Entry(
        "bench.scorers.meaning:SimilarityEffect", "Similarity minus that to another user's target.", "text"
    ),
    "retrieval-minilm@k": Entry(
        "bench.scorers.meaning:RetrievalMinilm", "Recall of the target, items ranked by likeness, by MiniLM.", "text"
    ),
    "retrieval-minilm-mismatched@k": Entry(
        "bench.scorers.meaning:RetrievalMinilmMismatched",
        "Retrieval by MiniLM of another user's target: the control.",
        "text",
    ),
    "retrieval-minilm-effect@k": Entry(
        "bench.scorers.meaning:RetrievalMinilmEffect", "Retrieval by MiniLM minus that of another user's.", "text"
    ),
    "parsed": Entry("bench.scorers.form:Parsed", "Share of the written answers that could be read as written."),
    "truncated": Entry("bench.scorers.form:Truncated", "Whether the text is longer than CLIP's 77 tokens.", "see"),
    "concrete": Entry("bench.scorers.form:Concrete", "Number of attribute values that the text names."),
    "terms-given": Entry("bench.scorers.form:TermsGiven", "Number of distinct terms the instruction stands on."),
    "judge": Entry("bench.scorers.judge:JudgeMean", "Mean of a language model's four judgements."),
    "judge-specificity": Entry(
        "bench.scorers.judge:JudgeSpecificity", "How concrete a language model finds the instruction."
    ),
    "judge-relevance": Entry(
        "bench.scorers.judge:JudgeRelevance", "How well a language model finds it to fit target and history."
    ),
    "judge-creativity": Entry(
        "bench.scorers.judge:JudgeCreativity", "How fresh a language model finds the instruction."
    ),
    "judge-generatability": Entry(
        "bench.scorers.judge:JudgeGeneratability", "How much of it a language model thinks can be shown."
    ),
    "judge-agreement": Entry(
        "bench.scorers.judge:JudgeAgreement", "Agreement of the judge with itself, asked in another order."
    ),
    "judge-coverage": Entry("bench.scorers.judge:JudgeCoverage", "Share of the instructions that the judge judged."),
    "distinct-2": Entry("bench.scorers.diversity:Distinct2", "Distinct word pairs over all word pairs of the run."),
    "self-bleu": Entry("bench.scorers.diversity:SelfBleu", "Mean BLEU-4 of an instruction against other users'."),
    "clip-alignment": Entry(
        "bench.scorers.image:ClipAlignment", "max(100 cos, 0) of instruction and picture, or frames of a clip.", "see"
    ),
    "clip-s": Entry(
        "bench.scorers.image:ClipS", 'CLIP-S: 2.5 max(cos, 0) of "A photo depicts " + instruction and picture.', "see"
    ),
    "clip-caption": Entry(
        "bench.scorers.image:ClipCaption", "max(100 cos, 0) of the target's caption and the picture.", "see"
    ),
    "clip-i": Entry("bench.scorers.image:ClipI", "Cosine to the target's picture or clip.", "see"),
    "clip-i-history": Entry("bench.scorers.image:ClipIHistory", "Mean cosine to what the history shows.", "see"),
    "clip-i-mismatched": Entry(
        "bench.scorers.image:ClipIMismatched", "Cosine to another user's target: the control.", "see"
    ),
    "clip-i-effect": Entry(
        "bench.scorers.image:ClipIEffect", "Cosine to the user's own target minus that to another's.", "see"
    ),
    "clip-target": Entry(
        "bench.scorers.described:ClipTarget", "max(100 cos, 0) of instruction and target's picture or clip.", "see"
    ),
    "clip-target-mismatched": Entry(
        "bench.scorers.described:ClipTargetMismatched", "The same against another user's target: the control.", "see"
    ),
    "clip-target-effect": Entry(
        "bench.scorers.described:ClipTargetEffect", "Clip-target minus that against another user's target.", "see"
    ),
    "target-retrieval@k": Entry(
        "bench.scorers.image:TargetRetrieval", "Recall of the target, items ranked by likeness to what was made.", "see"
    ),
    "target-retrieval-mismatched@k": Entry(
        "bench.scorers.image:TargetRetrievalMismatched",
        "Target retrieval of another user's target: the control.",
        "see",
    ),
    "lpips": Entry("bench.scorers.perceptual:Lpips", "LPIPS distance to the target's picture or clip.", "see"),
    "clip-diversity": Entry(
        "bench.scorers.spread:ClipDiversity", "1 minus the mean cosine of different users' outputs.", "see"
    ),
    "clip-kid": Entry(
        "bench.scorers.spread:ClipKid", "Kernel distance of outputs to targets, of CLIP features; from 100 on.", "see"
    ),
    "clip-fid": Entry(
        "bench.scorers.spread:ClipFid", "Fréchet distance of outputs to targets, of CLIP features; from 2048 on.", "see"
    ),
    "consistency": Entry(
        "bench.scorers.video:Consistency", "Mean clipped cosine of frames to the one before and the first.", "see"
    ),
    "motion": Entry(
        "bench.scorers.video:Motion", "Mean change of blurred brightness between frames, 0 to 255.", "media"
    ),
    "flicker": Entry(
        "bench.scorers.video:Flicker", "Steadiness of neighbouring frames' pixels; 1: no change.", "media"
    ),
    "decodes": Entry("bench.scorers.video:Decodes", "Whether the file can be read and has frames to play.", "media"),
    "frames": Entry("bench.scorers.video:Frames", "Number of frames.", "media"),
    "duration": Entry("bench.scorers.video:Duration", "Length in seconds.", "media"),
}
