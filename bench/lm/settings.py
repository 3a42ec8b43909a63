"""The settings of each text backend, readable without loading any of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError

DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class HFSettings:
    """How transformers runs a model.

    `batch`: rows of every forward pass, whatever the number of prompts. `bucket`: prompts are padded to a multiple of
    it. `context`: longest prompt with answer in tokens (0: what the model's configuration says). `adapter`: a LoRA
    folder of peft. `template`: a jinja file in place of the tokenizer's chat template. `thinking`: the template's
    `enable_thinking` (None: not mentioned). `gguf`: file in the folder. `revision`: read the path as a name on the hub
    at that commit, fetched before; hub:NAME@COMMIT as the path is the same.
    """

    device: str = "cpu"
    dtype: str = "float32"
    batch: int = 8
    bucket: int = 64
    context: int = 0
    adapter: Path | None = None
    template: Path | None = None
    thinking: bool | None = None
    gguf: str = ""
    revision: str = ""

    def __post_init__(self) -> None:
        _check_dtype(self.dtype)
        if self.batch < 1 or self.bucket < 1:
            raise BenchError(f"hf: batch {self.batch}, bucket {self.bucket}; expected at least 1")


@dataclass(frozen=True, slots=True)
class VLLMSettings:
    """How vLLM runs a model in this process; what has a name of `HFSettings` means the same.

    `gpus`: over how many a model is split. `memory`: the share of a GPU's memory to take, or of the machine's on CPU.
    `cache`: memory for keys and values in GiB (0: what is left of `memory`), for several models in one process.
    `rank`: the largest LoRA rank that may be loaded. `eager`: no compilation and no CUDA graphs.
    """

    dtype: str = "bfloat16"
    gpus: int = 1
    memory: float = 0.9
    cache: float = 0.0
    context: int = 0
    adapter: Path | None = None
    rank: int = 64
    template: Path | None = None
    thinking: bool | None = None
    revision: str = ""
    eager: bool = False

    def __post_init__(self) -> None:
        _check_dtype(self.dtype)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How to ask an OpenAI-compatible server.

    `key`: the environment variable that holds the key ("": none is sent). `parallel`: requests at a time. `timeout`,
    `patience` and `pause` in seconds: for one request, the longest wait the server may ask for, the first wait.
    `tries`: per prompt. `requests`: the most that this process may send, further tries included (0: no limit); then it
    ends with an error. `limit`: the field for the longest answer (newer OpenAI models want "max_completion_tokens").
    `continues`: the server continues a final assistant message (vLLM's continue_final_message), which prompts with a
    prefix need. `special`: ask it to keep special tokens in the text (vLLM's skip_special_tokens=false), as item codes
    may be. `thinking`: sent as chat_template_kwargs.enable_thinking if set.
    """

    model: str
    key: str = ""
    parallel: int = 8
    timeout: float = 120.0
    tries: int = 5
    requests: int = 0
    pause: float = 0.5
    patience: float = 60.0
    limit: str = "max_tokens"
    continues: bool = False
    special: bool = False
    thinking: bool | None = None

    def __post_init__(self) -> None:
        if self.parallel < 1 or self.tries < 1 or self.timeout <= 0:
            raise BenchError(
                f"openai: parallel {self.parallel}, tries {self.tries}, timeout {self.timeout}; expected at least 1, "
                "at least 1 and more than 0"
            )
        if self.requests < 0:
            raise BenchError(f"openai: requests {self.requests}; expected at least 1, or 0 for no limit")


def _check_dtype(dtype: str) -> None:
    if dtype not in DTYPES:
        raise BenchError(f"dtype {dtype!r}; expected one of {', '.join(DTYPES)}")


SETTINGS: dict[str, type[HFSettings] | type[VLLMSettings] | type[ServerSettings]] = {
    "hf": HFSettings,
    "vllm": VLLMSettings,
    "openai": ServerSettings,
}
