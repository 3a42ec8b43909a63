"""The method: identifiers of items, a policy that speaks them, its training, decoding inside the catalogue."""

from bench.api import Entry

SYSTEMS: dict[str, Entry] = {
    "navigen": Entry("navigen.system:NaviGen", "The method so far: dual identifiers and two-stage fine-tuning.", "lm"),
}
