"""A number of one is said in English as one: a message that counts things has a plural form, or words without one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

PLUGINS = Path(__file__).parents[2] / "plugins"
LOOKED_AT = ("base", "complaints", "service", "vigilance", "warranty", "workforce")
NUMBERS = "n|count|days|weeks|months|hours|minutes|bad|changed|causes|papers|places|people|rows|steps|units|visits"
COUNTED = re.compile(rf"(\w+ )?\{{(?:{NUMBERS})\}} (?:more |open )?(?:[a-z]+s|people|are|were|have)\b")
LIMITS = ("most", "and", "to")
"""Before a number that is a fixed limit, or the end of a range."""
SEVERAL = ("One cause, {n} customers", "Of {units} units the first {tried} were tried.", "The first {n} are shown.")
"""Said only where there are more than one."""
FALSE_FRIENDS = re.compile(r"\} (?:is|was|has|does|waits|fits|needs|days? for)\b")


def counting(name: str) -> list[str]:
    path = PLUGINS / name / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
    found = []
    with path.open("rb") as file:
        for message in read_po(file):
            if not message.id or isinstance(message.id, tuple):
                continue
            for hit in COUNTED.finditer(message.id):
                limit = (hit[1] or "").strip() in LIMITS
                if not limit and message.id not in SEVERAL and not FALSE_FRIENDS.search(hit[0]):
                    found.append(message.id)
    return found


@pytest.mark.parametrize("name", LOOKED_AT)
def test_what_is_counted_has_a_plural_form_or_needs_none(name):
    assert counting(name) == []


def test_the_pattern_knows_a_message_that_comes_out_wrong_with_one():
    assert COUNTED.search("{n} units stand at this place.")
    assert COUNTED.search("{place} looked at, {bad} points not in order")
    assert not COUNTED.search("points not in order: {bad}")
