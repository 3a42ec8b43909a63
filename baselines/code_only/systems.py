"""Code-only recommendation: behaviour codes of items, a residual decoder over them, and the same with a counted prior.

A light relative of TIGER (Rajput et al. 2023, arXiv 2305.05065). Departures from it:
1. Codes are made of behaviour (co-occurrence in training prefixes) by residual k-means; TIGER's are of content, by an
   RQ-VAE. `encoder` and `quantiser` choose.
2. Every item has its own code of `levels` levels: the last level is dealt out within cells, there is no fourth token.
3. An item takes one position, not one a code: its embedding and those of its codes are summed. A decoder head a level
   follows; TIGER's encoder and decoder read and write single codes.
4. A level chooses among the children of a node, whose vectors hold what lies below them: no shared table of codes.
5. Items are scored exactly, as the product of the levels; beams are an option.
6. How often users repeat an item is counted in training and not learnt (`repeats=learnt` leaves it to the network).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
import torch

from baselines.code_only.answer import Scoring
from baselines.code_only.chances import Floats
from baselines.code_only.config import LATER, CodeSettings
from baselines.code_only.network import Decoder
from baselines.code_only.text import Bags, make_bags
from baselines.code_only.training import CodeTraining
from baselines.sasrec.data import Catalogue, encode_queries, pad, read_catalogue
from baselines.sasrec.systems import BLOCK, describe
from baselines.sasrec.validate import Validation
from bench.api import Answer, Context, Query, Ranking, Train
from bench.config import plain, settings
from bench.errors import BenchError, unknown
from bench.hub import locate
from bench.io import digest, file_sha256, write_text
from bench.processes import is_main, only_training
from bench.topk import blocks, top_rankings
from navigen.identifiers.make import make_codes
from navigen.identifiers.quantise import Codebook
from navigen.prior.guide import as_distribution
from navigen.prior.kinds import PRIORS, Counted

ANSWERING = {"beams", "repeats"}  # settings that no training depends on


@dataclass
class CodeOnly(CodeSettings):
    """Ranks by the product of the levels' probabilities of an item's code."""

    context: Context = field(default_factory=Context, kw_only=True)
    catalogue: Catalogue | None = field(default=None, init=False, repr=False, compare=False)
    scoring: Scoring | None = field(default=None, init=False, repr=False, compare=False)

    def fit(self, train: Train) -> None:
        """Make the codes, then train until validation NDCG@10 stops growing, or resume what was begun."""
        self.catalogue = read_catalogue(train)
        book, vectors = make_codes(train, self, self.context.seed)
        bags = make_bags([train.items[name] for name in self.catalogue.names], self.text)
        key = self.key(train, book, bags)
        training = CodeTraining(self, train, self.catalogue, self.context, key, vectors=vectors, book=book, bags=bags)
        with only_training(self.context.work, self.context.progress):
            network = deepcopy(cast(Decoder, training.run())).double().eval()
        rate = training.rate if self.repeats == "counted" else None
        self.scoring = Scoring(network, training.trie, rate, beams=self.beams)

    def key(self, train: Train, book: Codebook, bags: Bags | None) -> str:
        """Return the sha256 of all that a training depends on; without text it is what it was before there was any."""
        names = set(settings(CodeSettings)) - ANSWERING
        learnt = {
            name: value for name, value in plain(self).items() if name in names and (name, value) not in LATER.items()
        }
        more: list[object] = [] if bags is None else [bags.told()]
        more += [file_sha256(Path(self.vectors))] if self.vectors else []
        codes = book.codes.tolist()
        return digest([self.label, learnt, self.context.seed, self.context.dtype, describe(train), codes, *more])

    @classmethod
    def files(cls, config: Mapping[str, Any]) -> Iterable[Path]:
        """Return the folders and files outside the source code that decide what the system answers."""
        yield from ([locate(config["sentences"])] if config.get("sentences") else [])
        yield from ([Path(config["vectors"])] if config.get("vectors") else [])

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return a ranking a query, at least `k` deep where the catalogue allows.

        Scores are computed in float64 and rounded to float32, so an answer does not depend on the other queries of
        its call. With `beams`, whatever no beam reached ties behind the rest.
        """
        if self.scoring is None or self.catalogue is None:
            raise BenchError(f"{self.label}: rank was called before fit; call fit(train) first")
        numbers = self.catalogue.numbers
        answers: list[Ranking] = []
        for part in blocks(len(queries), BLOCK):
            exclude = [[numbers[name] for name in query.exclude if name in numbers] for query in queries[part]]
            scores = self.score(self.scoring, self.catalogue, queries[part])
            answers.extend(top_rankings(scores.numpy(), self.catalogue.names, k, exclude))
            self.context.progress("rank", len(answers), len(queries))
        return answers

    def score(self, scoring: Scoring, catalogue: Catalogue, queries: Sequence[Query]) -> torch.Tensor:
        """Return float32 scores on the CPU, [queries, items]."""
        device = scoring.network.items.weight.device
        rows, lengths = pad(encode_queries(queries, catalogue, self.length), catalogue.start)
        prior = self.prior_of(catalogue, queries)
        return scoring(torch.from_numpy(rows).to(device), torch.from_numpy(lengths).to(device), prior).float()

    def prior_of(self, catalogue: Catalogue, queries: Sequence[Query]) -> Floats | None:  # noqa: ARG002
        """Return what else is known about the next item [queries, items]; nothing here."""
        return None


@dataclass
class CodeOnlyPrior(CodeOnly):
    """Ranks by a mixture of the codes' probabilities and a counted prior; by beams, the prior steers the search.

    `prior`: "transitions" (with window=8 and backward=0.3) or "ease", their positive scores divided by their sum.
    `weight`: the prior's share in the mixture; none: the one of `GRID` with the best NDCG@10 on validation, and
    BenchError where there is none.
    """

    prior: str = "transitions"
    weight: float | None = None
    counted: Counted | None = field(default=None, init=False, repr=False, compare=False)
    chosen: float | None = field(default=None, init=False, repr=False, compare=False)
    GRID: ClassVar[tuple[float, ...]] = tuple(step / 10 for step in range(11))

    def __post_init__(self) -> None:
        """Refuse a prior that does not exist and a weight that is no share."""
        super().__post_init__()
        if self.prior not in PRIORS:
            raise unknown("setting", f"prior={self.prior}", [f"prior={name}" for name in PRIORS])
        if self.weight is not None and not 0 <= self.weight <= 1:
            raise BenchError(f"{self.label}: weight is {self.weight}; expected none or 0 <= weight <= 1")

    def fit(self, train: Train) -> None:
        """Train the decoder, count the prior, choose the weight."""
        known = any(target in train.items for example in train.validation for target in example.targets)
        if self.weight is None and not known:
            raise BenchError(
                f"{self.label}: no validation example to choose the prior's weight by; set weight to a share"
            )
        super().fit(train)
        self.counted = PRIORS[self.prior]()
        self.counted.fit(train)
        assert self.scoring is not None
        self.scoring.weight = self.chosen = self.choose(train) if self.weight is None else self.weight

    def choose(self, train: Train) -> float:
        """Return the weight with the best NDCG@10 on validation, the smallest on ties.

        With a work folder, `prior.json` there tells what every weight gave.
        """
        assert self.scoring is not None and self.catalogue is not None
        validation = Validation(train.validation, self.catalogue, self)
        free, guided = replace(self.scoring, rate=None, beams=0), replace(self.scoring, beams=0)
        gains = np.zeros(len(self.GRID))
        for part, table, lengths in validation.blocks():
            device = free.network.items.weight.device
            log_p = free(table.to(device), lengths.to(device))
            prior = self.prior_of(self.catalogue, [example.query for example in validation.examples[part]])
            for place, weight in enumerate(self.GRID):
                guided.weight = weight
                gains[place] += float(validation.gain(guided.guided(log_p, table, prior), part).sum())
            self.context.progress("weigh", min(part.stop, len(validation.examples)), len(validation.examples))
        best = int(gains.round(9).argmax())
        if self.context.work is not None and is_main():
            means = {
                str(weight): gain / len(validation.examples) for weight, gain in zip(self.GRID, gains, strict=True)
            }
            told = {"prior": self.prior, "weight": self.GRID[best], "ndcg@10": means}
            write_text(self.context.work / "prior.json", json.dumps(told, indent=1) + "\n")
        return self.GRID[best]

    def prior_of(self, catalogue: Catalogue, queries: Sequence[Query]) -> Floats | None:
        """Return the prior's distribution over items [queries, items]; a row of zeros where it knows nothing."""
        assert self.counted is not None
        known = [[catalogue.numbers[name] for name in query.history if name in catalogue.numbers] for query in queries]
        scores: Any = self.counted.score(known)
        return as_distribution(scores)
