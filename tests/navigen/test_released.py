"""Released checkpoints and files: loaded by path, ranked over the whole catalogue, scored like any system."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import torch

from bench.api import Dataset, Instruction, Item, Kind, Query, Ranking, Train
from bench.errors import BenchError
from bench.listing import Suite
from bench.lm import Completion
from bench.manifest import folder_digest
from bench.plan import plan
from bench.pose import load
from bench.runner import run_job
from bench.store import Run
from bench.tables import read_answers
from navigen.chat import CLOSE, encode, open_turns
from navigen.identifiers.catalogue import Identified, load_book, save_book
from navigen.identifiers.given import given_codes
from navigen.pipeline import Making
from navigen.prompt import Renderer
from navigen.recipe import Recipe
from navigen.released import PREFIX
from navigen.system import Tuned as NaviGen
from navigen.wording import read_wording
from tests.released import CODES, terms, write_card, write_checkpoint, write_files

SYSTEM = "navigen.full:NaviGen"
WORDS = '[cid2cid]\nsystem = "Say what is next."\nuser = "these: {history} end"\n'


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files, and `policy` with a checkpoint."""
    folder = write_files(tmp_path_factory.mktemp("released"))
    write_checkpoint(folder / "policy")
    return folder


def run(card: Path, out: Path, *assign: str) -> tuple[Run, Dataset]:
    job = plan(Suite("", (str(card),), (SYSTEM,)), None, assign)[0][0]
    dataset = load(job, None)
    return run_job(job, dataset, out)[0], dataset


def fitted(checkpoint: Path, train: Train, **settings: Any) -> NaviGen:
    system = NaviGen(checkpoint=str(checkpoint), **settings)
    system.fit(train)
    return system


def train_of(items: dict[str, Item]) -> Train:
    return Train(MappingProxyType(items), MappingProxyType({}))


def plain_items(codes: list[str] = CODES) -> dict[str, Item]:
    return {code: Item(code, attributes={"terms": tuple(terms(place))}) for place, code in enumerate(codes)}


def test_a_checkpoint_is_scored_over_the_whole_catalogue(released: Path, tmp_path: Path) -> None:
    done, dataset = run(write_card(released), tmp_path, f"system.checkpoint={released / 'policy'}")
    answers = read_answers(done.answers)
    assert answers.keys() == {example.query.id for example in dataset.examples}
    for answer in answers.values():
        assert isinstance(answer, Ranking)
        assert set(answer.items) == set(CODES) and not answer.rest
    figures = {name: figure["value"] for name, figure in done.manifest["figures"].items()}
    assert done.manifest["counts"]["cases"] == 6
    places = [answers[one.query.id].items.index(one.targets[0]) for one in dataset.examples]  # type: ignore[union-attr]
    assert figures["recall@5"] == pytest.approx(np.mean([place < 5 for place in places]))
    assert figures["mrr@10"] == pytest.approx(np.mean([1 / (place + 1) if place < 10 else 0 for place in places]))


def test_scores_are_those_of_a_full_pass(released: Path) -> None:
    system = fitted(released / "policy", train_of(plain_items()))
    assert system.policy is not None
    policy, query = system.policy, Query("q", "u", (CODES[2], CODES[3]))
    found = next(iter(policy.rank([query])))[0]
    asked = policy.recipe.renderer.ask_next(policy.history(query))
    (prompt,) = encode(policy.tokenizer, [open_turns(asked.messages) + '{"target_cid":"'])
    codes = encode(policy.tokenizer, sorted(CODES))
    assert all(len(code) == 5 for code in codes)
    by_hand = []
    for code in codes:
        logits = policy.model(torch.tensor([[*prompt, *code]])).logits[0].detach().double()
        total = 0.0
        for place, token in enumerate(code):
            allowed = sorted({other[place] for other in codes if other[:place] == code[:place]})
            row = logits[len(prompt) + place - 1]
            total += float(row[token] - row[allowed].logsumexp(0))
        by_hand.append(total)
    np.testing.assert_allclose(found, by_hand, atol=1e-4)
    assert np.exp(found).sum() == pytest.approx(1, abs=1e-4)


def overfitted(released: Path, folder: Path, queries: list[Query], answer: str) -> Path:
    """Write the checkpoint anew, after it has learnt to answer these questions for an instruction with one text."""
    policy = fitted(released / "policy", train_of(plain_items())).policy
    model, tokenizer, renderer = policy.model.train(), policy.tokenizer, policy.recipe.renderer
    asked = [renderer.ask_instruction(policy.history(query), Kind.IMAGE) for query in queries]
    begun = encode(tokenizer, [open_turns(one.messages) + PREFIX for one in asked])
    (rest,) = encode(tokenizer, [answer.removeprefix(PREFIX) + CLOSE])
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    for step in range(80):
        prompt = begun[step % len(begun)]
        labels = torch.tensor([[-100] * len(prompt) + rest])
        model(torch.tensor([prompt + rest]), labels=labels).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def test_instructions_are_written_and_scored(released: Path, tmp_path: Path) -> None:
    card = write_card(released, "image", "term-f1", "words")
    drawn, dataset = run(card, tmp_path / "drawn", f"system.checkpoint={released / 'policy'}", "system.tokens=8")
    assert drawn.manifest["counts"]["cases"] == drawn.manifest["counts"]["failed"] == 6  # drawn weights write no JSON
    assert drawn.manifest["figures"]["term-f1"]["value"] == 0
    answer = '{"target_tid":["thinga","blue"],"target_ins":"a picture of thinga"}'
    folder = overfitted(released, tmp_path / "policy", [example.query for example in dataset.examples], answer)
    done, _ = run(card, tmp_path / "learnt", f"system.checkpoint={folder}", "system.tokens=40")
    assert (done.manifest["counts"]["cases"], done.manifest["counts"]["failed"]) == (6, 0)
    told = read_answers(done.answers)
    assert set(told.values()) == {Instruction("a picture of thinga", ("thinga", "blue"))}
    blue = np.mean([CODES.index(example.targets[0]) % 2 == 0 for example in dataset.examples])
    figures = {name: figure["value"] for name, figure in done.manifest["figures"].items()}
    assert 0 < blue < 1 and figures == {"term-f1": pytest.approx(blue / 2), "words": 4}


def test_other_backends_load_the_folder_itself(released: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("navigen.policy.load", lambda *told: asked.append(told))
    policy = fitted(released / "policy", train_of(plain_items()), backend="vllm").policy
    assert policy.author is None and asked == [("vllm", str(released / "policy"), {})]


def test_an_answer_begins_as_json_and_is_read_with_its_beginning(
    released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = fitted(released / "policy", train_of(plain_items())).policy
    assert policy is not None
    rest = Completion('thinga","blue"],"target_ins":"a picture"}', (), True, None)
    monkeypatch.setattr(policy.author, "generate", lambda *_: [rest])
    assert policy.instruct([Query("q", "u", (CODES[0],))], Kind.IMAGE) == [Instruction("a picture", ("thinga", "blue"))]


def test_items_that_share_a_code_tie(released: Path) -> None:
    codes = [*CODES[:3], CODES[0]]
    items = {f"i{place}": Item(f"i{place}", attributes={"cid": (code,)}) for place, code in enumerate(codes)}
    system = fitted(released / "policy", train_of(items))
    assert system.policy is not None
    queries = [Query("q", "u", ("i1",))]
    scores = next(iter(system.policy.rank(queries)))[0]
    assert scores[0] == scores[3] and len(set(scores.tolist())) == 3
    assert np.exp(scores).sum() == pytest.approx(1, abs=1e-4)
    (answer,) = system.rank(queries, 4)
    assert isinstance(answer, Ranking) and 2 in (*answer.ties, answer.rest)


def test_other_codes_and_items_without_codes_are_errors(released: Path, tmp_path: Path) -> None:
    other = [*CODES, "<|cid_begin|><s_a_7><s_b_1><s_c_99><|cid_end|>"]
    with pytest.raises(BenchError, match=r"2 of the 11 tokens .* not single tokens .* the first is <s_b_1>"):
        fitted(released / "policy", train_of(plain_items(other)))
    with pytest.raises(BenchError, match="neither a finished checkpoint of ours nor a released one: item 'x'"):
        fitted(released / "policy", train_of({"x": Item("x")}))
    with pytest.raises(BenchError, match="reads and writes codes"):
        fitted(released / "policy", train_of(plain_items()), reads="terms")
    pointer = write_checkpoint(tmp_path / "pointer")
    (pointer / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(BenchError, match="this is a Git LFS pointer"):
        fitted(pointer, train_of(plain_items()))


def test_a_checkpoint_can_be_asked_in_its_own_words(released: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.toml"
    words.write_text(WORDS)
    system = fitted(released / "policy", train_of(plain_items()), prompts=str(words))
    assert system.policy is not None
    asked = system.policy.recipe.renderer.ask_next(system.policy.history(Query("q", "u", (CODES[4], CODES[5]))))
    assert asked.messages == (
        ("system", "Say what is next."),
        ("user", f'these: ["{CODES[4]}","{CODES[5]}"] end'),
    )
    assert [asked.messages[1][1][slice(*span)] for span in asked.spans] == [f'"{CODES[4]}"', f'"{CODES[5]}"']
    assert Renderer().digest() != Renderer(wording=read_wording(words)).digest()
    before = folder_digest(words)
    assert words in list(NaviGen.files({"checkpoint": "", "base": "", "sentences": "", "prompts": str(words)}))
    words.write_text(WORDS.replace("end", "stop"))
    assert folder_digest(words) != before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[cid2cids]\nsystem = ""\nuser = "{history}"', "did you mean cid2cid"),
        ('[cid2cid]\nsystem = ""\nuser = "{hist}"', "expected {history} once in user"),
        ('[cid2cid]\nsystem = ""\nuser = "{history} {history}"', "expected {history} once in user"),
        ('[cid2cid]\nsystem = ""\nuser = "{history} {kind}"', "only cid2ins"),
        ('[cid2cid]\nuser = "{history}"', "missing system"),
        ("cid2cid = 3", "expected a table"),
        ("[cid2cid", "not valid TOML"),
    ],
)
def test_words_that_cannot_be_said_are_errors(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "words.toml").write_text(text)
    with pytest.raises(BenchError) as caught:
        read_wording(tmp_path / "words.toml")
    assert message in str(caught.value)


def test_given_codes_are_kept_and_trained_on(tmp_path: Path) -> None:
    book = given_codes(plain_items())
    assert sorted(map(tuple, book.codes.tolist()))[-1] == (3855, 7257, 8000) and book.widths == (3856, 7258, 8001)
    save_book(tmp_path, book)
    again = load_book(tmp_path)
    assert again is not None and np.array_equal(again.codes, book.codes)
    identified = Identified.of(plain_items(), again)
    assert identified.centroids() == {} and len(identified.tokens()) == 9
    recipe = Recipe(base="catalogue", width=32, encoder="given", stage="base")
    policy, _ = Making(recipe, train_of(plain_items()), NaviGen().context).run()
    assert {item.code for item in policy.identified.written} == set(CODES)
    with pytest.raises(BenchError, match="a code of 2 levels; the others have 3"):
        given_codes({**plain_items(), "z": Item("z", attributes={"cid": ("<|cid_begin|><s_a_1><s_b_1><|cid_end|>",)})})
