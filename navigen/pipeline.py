"""From a training part to a policy: identify, teach, write the corpus, fine-tune in two stages; each stage resumes."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.api import Context, Train
from bench.config import plain
from bench.errors import BenchError
from bench.lm import BACKENDS
from bench.processes import number
from navigen.base import catalogue_texts, fresh_model, load_base, rounded, train_tokenizer
from navigen.corpus import VALIDATED, Lessons, count_tasks, samples, to_documents, training_rows, validation_rows
from navigen.decode.residual import Residual
from navigen.identifiers.catalogue import Identified
from navigen.identifiers.given import GIVEN, given_codes
from navigen.identifiers.make import make_codes
from navigen.identifiers.quality import Quality, measure_quality, tell_quality
from navigen.identifiers.textual import check_terms
from navigen.packages import find_base
from navigen.policy import Policy
from navigen.prompt import Form, all_phrases
from navigen.recipe import Recipe, Speaking
from navigen.taught import Taught, be_taught, lessons_key, taught_once
from navigen.train.checkpoint import Course
from navigen.train.device import make_accelerator, wait_for_all
from navigen.train.documents import Document
from navigen.train.stage import Stage, train_stage
from navigen.train.trainee import adapt
from navigen.vocab import grow

Documents = tuple[list[Document], list[Document]]
Codes = Mapping[str, int]
ASKED = 1000  # items whose neighbours are looked for, to tell what codes keep of them


def make_base(settings: Speaking, train: Train, seed: int) -> tuple[Any, Any]:
    """Return model and tokenizer of the base that the settings name."""
    if settings.base == "catalogue":
        texts = catalogue_texts(train.items[name] for name in sorted(train.items))
        tokenizer = train_tokenizer(texts, settings.vocabulary, all_phrases())
        return fresh_model(tokenizer, settings.width, settings.layers, seed), tokenizer
    return load_base(*find_base(settings.base, settings.base_file))


@dataclass(eq=False)
class Making:
    """A policy in the making; `quality`: what its codes are worth, once they are made here."""

    recipe: Recipe
    train: Train
    context: Context
    quality: Quality | None = field(default=None, init=False)

    def identify(self) -> Identified:
        """Return the catalogue in all forms; codes are made where prompts use them, and what they are worth told.

        BenchError where items are named by terms alone and none has any.
        """
        recipe, book = self.recipe, None
        if recipe.coded:
            if recipe.encoder == GIVEN:
                return Identified.of(self.train.items, given_codes(self.train.items))
            book, vectors = make_codes(self.train, recipe, self.context.seed, self.context.device)
            self.quality = measure_quality(book, vectors, sample=ASKED)
            logging.getLogger("navibench").info("%s", tell_quality(self.quality))
        identified = Identified.of(self.train.items, book)
        if recipe.writes is Form.TERMS:
            check_terms(recipe.label, [item.terms for item in identified.written])
        return identified

    def teach(self) -> Taught | None:
        """Return what the teacher says of every step that is learnt from; None where nobody teaches or none is learnt.

        Lessons are for the last stage alone: the first learns to name items.
        """
        recipe, work = self.recipe, self.context.work
        if not recipe.is_taught:
            return None
        asked = samples(self.train, recipe, VALIDATED)
        # What a model said may have been paid for, and is true of any code; a script's replies are of its own.
        paid = self.context.replies if recipe.teacher.name in BACKENDS else None
        place = paid or self.context.shared or self.context.work
        folder = None if place is None else place / "teach"

        def teach_here() -> Taught:
            return be_taught(asked, recipe.teacher, recipe.teach, folder, self.context.progress)

        if work is None:
            if number() > 1:
                raise BenchError(f"{recipe.label}: several processes hand lessons on in a folder; name one (--to)")
            return teach_here()
        if number() > 1:
            make_accelerator(self.context.device, self.context.dtype, "teach")  # which lets them wait for each other
        taught = taught_once(work, lessons_key(asked, recipe.teacher, recipe.teach), teach_here)
        wait_for_all()
        return taught

    def stages(self) -> list[Stage]:
        """Return the stages that the recipe trains, in order; one of 0 epochs is left out."""
        recipe = self.recipe
        weights = recipe.weights()
        first = {task: weight for task, weight in weights.items() if task != "cid2ins"}
        common: dict[str, Any] = {
            "warmup": recipe.warmup,
            "decay": recipe.decay,
            "length": recipe.length,
            "batch": recipe.batch,
            "accumulate": recipe.accumulate,
            "checkpointing": recipe.checkpointing,
            "patience": recipe.patience,
        }
        made = []
        if recipe.stage != "base" and recipe.embed_epochs:
            made.append(
                Stage("embed", "rows", recipe.head, recipe.embed_epochs, recipe.embed_rate, mixture=first, **common)
            )
        if recipe.fully_tuned:
            made.append(
                Stage(
                    "full",
                    "lora" if recipe.lora else "all",
                    epochs=recipe.full_epochs,
                    rate=recipe.full_rate,
                    rank=recipe.lora or 16,
                    mixture=weights,
                    **common,
                )
            )
        return made

    def run(self) -> tuple[Policy, dict[str, Any]]:
        """Return the policy, with the weights as a checkpoint keeps them (bfloat16), and what each stage did."""
        identified, taught = self.identify(), self.teach()
        lessons = None if taught is None else taught.lessons
        model, tokenizer = make_base(self.recipe, self.train, self.context.seed)
        new = grow(model, tokenizer, identified.tokens(), self.recipe.rows, identified.centroids(), self.context.seed)
        head = self.residual(identified, model)
        codes = None if head is None else {item.code: number for number, item in enumerate(identified.written)}
        courses: list[Course] = []
        made: dict[bool, Documents] = {}
        for stage in self.stages():
            if stage.name == "embed" and not new:
                continue  # nothing is new: there are no rows to train
            recipe = self.recipe.in_stage(stage.name)
            if recipe.think not in made:
                made[recipe.think] = self.documents(recipe, tokenizer, identified, lessons, codes)
            documents, held = made[recipe.think]
            mine = [document for document in documents if document.task in stage.mixture]
            # A catalogue without any terms has nothing to map, and a task of no weight judges nothing.
            mixture = {task: stage.mixture[task] for task in count_tasks(mine)}
            other = [document for document in held if mixture.get(document.task)]
            model, course = self.tune(model, mine, other, replace(stage, mixture=mixture), new, head)
            courses.append(course)
        told: dict[str, Any] = {"stages": [plain(course) for course in courses]}
        if self.quality is not None:
            told["codes"] = plain(self.quality)
        if taught is not None:
            told["taught"] = taught.told
        head = None if head is None else rounded(head)
        return Policy(rounded(model), tokenizer, identified, self.recipe, residual=head), told

    def documents(
        self, recipe: Recipe, tokenizer: Any, identified: Identified, lessons: Lessons | None, codes: Codes | None
    ) -> Documents:
        """Return what is learnt, and what is only looked at to choose."""
        mine = training_rows(self.train, identified, recipe, self.context.seed, lessons)
        other = validation_rows(self.train, identified, recipe, VALIDATED, lessons)
        return to_documents(tokenizer, mine, codes), to_documents(tokenizer, other)

    def residual(self, identified: Identified, model: Any) -> Residual | None:
        """Return a new residual head over the catalogue's codes, where the recipe has one."""
        if not self.recipe.residual or identified.book is None:
            return None
        hidden = model.config.get_text_config().hidden_size
        return Residual(identified.book.codes, hidden, self.context.seed, self.recipe.residual)

    def tune(
        self,
        model: Any,
        mine: Sequence[Document],
        other: Sequence[Document],
        stage: Stage,
        new: Sequence[int],
        head: Residual | None = None,
    ) -> tuple[Any, Course]:
        """Return the model after a stage, an adapter merged into it, and what the stage did.

        A residual head learns in the stage that trains all layers.
        """
        seed = self.context.seed
        tuned = adapt(model, stage, seed)
        course = train_stage(
            tuned,
            mine,
            other,
            stage,
            new_rows=new,
            seed=seed,
            work=self.place(stage.name),
            dtype=self.context.dtype,
            device=self.context.device,
            progress=self.context.progress,
            residual=head if stage.name == "full" else None,
        )
        return adapt(tuned, replace(stage, trainable="all"), seed), course

    def place(self, stage: str) -> Path | None:
        """Return the folder of what a stage keeps."""
        return None if self.context.work is None else self.context.work / stage
