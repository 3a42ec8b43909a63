"""The scripted teacher: its texts can be read back, its children are what they are called, and searching pays."""

from __future__ import annotations

import numpy as np
import pytest

from bench.api import Kind
from bench.rng import stream
from bench.words import contains, stems, tokens
from navigen.teacher.asking import sample_facts
from navigen.teacher.critic import assess
from navigen.teacher.fitness import find_named
from navigen.teacher.grammar import LAYERS, Words, layers_of, say
from navigen.teacher.lessons import teach
from navigen.teacher.sample import Lesson, Sample, Teaching
from navigen.teacher.scripted import Scripted, cross, mutate
from tasks.world.taxonomy import DOMAINS
from tests.navigen.teacher.desk import Plain
from tests.navigen.teacher.world import by_hand, small_world, world_samples

NOTHING = {"conceal": "title"}


def lessons(samples: list[Sample], how: Teaching) -> list[Lesson]:
    found = list(teach(samples, Plain(Scripted()), how).values())
    assert all(isinstance(one, Lesson) for one in found), found
    return found  # type: ignore[return-value]


def facts_of(sample: Sample) -> dict[str, object]:
    return {**sample_facts(sample, sample.target.attributes["terms"]), **NOTHING}


def test_what_it_says() -> None:
    script = {"category": "mug", "setting": "kitchen", "colour": "red", "material": "ceramic"}
    layers = {"composition": "centred close-up", "light": "soft diffuse light"}
    assert say({**script, **layers}) == "a red ceramic mug in the kitchen, centred close-up, soft diffuse light"
    assert say({"colour": "orange"}) == "an orange thing"
    assert say({"subject": "cat", "action": "jumping", "scene": "beach"}) == "a cat jumping on the beach"
    assert say({"genre": "racing", "hero": "android", "world": "among stars"}) == "a racing with an android among stars"


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_wording_of_every_item_is_read_back(domain: str) -> None:
    for number, item in enumerate(list(small_world(domain).items.values())[:60]):
        facts = facts_of(Sample("s", (item,), item, Kind.VIDEO))
        words = Words.of(facts)
        for turn in range(3):
            script = {slot: said[turn % len(said)] for slot, said in words.target.items()}
            script |= {layer: own["thing"][number % 2] for layer, own in LAYERS.items()}
            found = words.read(say(script))
            assert {slot: stems(word) for slot, word in found.items()} == {slot: stems(script[slot]) for slot in script}


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_layer_names_no_value_of_the_world(domain: str) -> None:
    wordings = {
        stems(word)
        for item in small_world(domain).items.values()
        for slot, said in item.attributes.items()
        if slot != "terms"
        for word in said
    }
    for families in LAYERS.values():
        for phrase in (phrase for own in families.values() for phrase in own):
            assert not [word for word in wordings if contains(stems(phrase), word)], phrase


def test_a_mutation_changes_exactly_one_slot_and_a_crossover_invents_none() -> None:
    for number, sample in enumerate(world_samples("short-video", 30)):
        facts = facts_of(sample)
        words, rng = Words.of(facts), stream(0, "test", number)
        first = {slot: said[0] for slot, said in list(words.target.items())[: number % 5 + 1]}
        second = {slot: said[-1] for slot, said in list(words.target.items())[2:]}
        child = mutate(first, words, facts, rng)
        assert sum(first.get(slot) != child.get(slot) for slot in {*first, *child}) == 1
        both = cross(first, second, words, facts, rng)
        assert all(value in (first.get(slot), second.get(slot)) for slot, value in both.items())
        assert {*both} <= {*words.target, *layers_of("video")}


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("conceal", ["title", "terms"])
def test_it_keeps_to_what_is_concealed(domain: str, conceal: str) -> None:
    for one in lessons(world_samples(domain, 40), Teaching(rounds=2, conceal=conceal)):
        assert not find_named(one.instruction, one.sample.target, one.terms, conceal)


@pytest.mark.parametrize("domain", DOMAINS)
def test_more_rounds_raise_the_true_quality_and_not_to_the_maximum(domain: str) -> None:
    samples = world_samples(domain, 30)

    def quality(how: Teaching) -> tuple[float, float]:
        found = []
        for one in lessons(samples, how):
            facts = facts_of(one.sample)
            found.append(float(np.mean(list(assess(one.instruction, Words.of(facts), facts)[0].values()))))
        return float(np.mean(found)), max(found)

    single, none, four = (quality(how)[0] for how in (Teaching(search="single"), Teaching(0), Teaching(4)))
    assert single + 0.5 < none
    assert none + 0.3 < four < 9.5


def test_the_judge_reads_the_text_and_nothing_else() -> None:
    facts = facts_of(by_hand())
    words = Words.of(facts)
    marks = [
        sum(assess(text, words, facts)[0].values())
        for text in (
            "a red mug in the kitchen, centred close-up, soft diffuse light",
            "a crimson cup in the kitchen, centred close-up",
            "a red mug",
            "a blue mug",
            "a blue lamp at the office",
        )
    ]
    assert marks == sorted(marks, reverse=True)


@pytest.mark.parametrize("domain", DOMAINS)
def test_reasons_and_thoughts_are_short_and_count_what_is_there(domain: str) -> None:
    for one in lessons(world_samples(domain, 30), Teaching(rounds=2)):
        assert len(tokens(one.reason)) <= 60
        assert len(tokens(one.thought)) <= 80
        assert one.reason.startswith(f"For what comes next I see {min(20, len(one.sample.history))} thing")
        evidence = one.reason.partition(":")[2].partition(".")[0]
        for part in evidence.split(", ") if one.reason.count(":") > 1 or evidence.strip()[:1].isdigit() else []:
            count, word = part.strip().split(" ", 1)
            shown = [said for item in one.sample.history[-20:] for said in item.attributes.values()]
            assert sum(said[0] == word for said in shown) >= int(count)


def test_equal_questions_get_equal_answers_and_seeds_differ() -> None:
    samples = world_samples("game", 6)
    assert lessons(samples, Teaching()) == lessons(samples, Teaching())
    assert lessons(samples, Teaching()) != lessons(samples, Teaching(seed=1))
    assert Scripted().fingerprint == Scripted(0.5).fingerprint != Scripted(0.0).fingerprint
