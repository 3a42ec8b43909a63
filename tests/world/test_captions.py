"""Captions leave out and paraphrase but never lie; instructions say everything, in words that scorers read back."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.api import Kind
from bench.terms import normalise
from bench.words import Phrases, stems
from tasks.world.captions import CHATTER, COMPOSITION, LIGHT, MOTION, ROLES, caption, instruct
from tasks.world.taxonomy import DOMAINS, Domain
from tasks.world.world import World


def meant(domain: Domain, text: str) -> dict[str, set[str]]:
    """What a text says: attribute -> the values it names."""
    owners = {
        stems(wording): (attribute.name, value)
        for attribute in domain.attributes
        for value, wordings in attribute.words.items()
        for wording in wordings
    }
    found: dict[str, set[str]] = {}
    for phrase in Phrases(owners).find(stems(text)):
        name, value = owners[phrase]
        found.setdefault(name, set()).add(value)
    return found


def test_every_attribute_has_a_role(domain: str) -> None:
    assert list(ROLES[domain]) == [attribute.name for attribute in DOMAINS[domain].attributes]


def test_what_is_not_an_attribute_names_none(domain: str) -> None:
    for text in (*CHATTER[domain], COMPOSITION[domain], LIGHT[domain], MOTION[domain]):
        assert meant(DOMAINS[domain], text) == {}, text


def test_captions_never_lie_and_mostly_tell(world: World) -> None:
    shelf, told = world.shelf, Counter[str]()
    for item in range(0, len(shelf), 4):
        look = shelf.look(item)
        said = meant(shelf.domain, caption(shelf.domain, look, shelf.ids[item], 0))
        for name, values in said.items():
            assert values == {look[name]}
        assert shelf.domain.attributes[0].name in said
        told.update(list(said))
    asked = len(range(0, len(shelf), 4))
    for attribute in shelf.domain.attributes[1:]:
        assert 0.6 < told[attribute.name] / asked < 0.9


def test_paraphrases_differ_in_words_and_order(world: World) -> None:
    shelf = world.shelf
    said = [caption(shelf.domain, shelf.look(7), shelf.ids[7], 0, number) for number in range(12)]
    assert len(set(said)) > 9
    assert said == [caption(shelf.domain, shelf.look(7), shelf.ids[7], 0, number) for number in range(12)]
    assert all(text[0].isupper() and text.endswith(".") for text in said)


@pytest.mark.parametrize("kind", [Kind.IMAGE, Kind.VIDEO])
def test_an_instruction_says_everything_once(world: World, kind: Kind) -> None:
    shelf = world.shelf
    for item in range(0, len(shelf), 16):
        look = shelf.look(item)
        made = instruct(shelf.domain, look, kind)
        assert meant(shelf.domain, made.text) == {name: {value} for name, value in look.items()}
        assert made.terms == tuple(look.values())
        assert normalise(made.terms) == made.terms
        assert shelf.names[item] not in made.text
    assert (MOTION[shelf.domain.name] in made.text) == (kind is Kind.VIDEO)
