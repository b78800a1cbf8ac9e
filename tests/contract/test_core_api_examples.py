"""The examples of docs/reference/core-api.md run, and leave no function of the front door out."""

from __future__ import annotations

import datetime as dt
import doctest
import inspect
from decimal import Decimal
from pathlib import Path

import pytest

from core import api
from core.testing import Installation
from plugins.base import services
from plugins.base.contracts import CustomerData

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/reference/core-api.md"


@pytest.fixture
def circumstances(databases, registry):
    """What the examples name: ``ctx``, ``customer``, ``boss``."""
    url = databases.create("sqlite")
    installation = Installation(url, registry)
    office = installation.company("acme", modules=("complaints",))
    boss = office.person("boss@example.com", "administrator")
    customer_id = services.save_customer(office.system(), CustomerData("Jinan Machinery", kind="company")).id
    ctx = office.system()
    customer = ctx.session.get_one(ctx.registry.kinds["base.customer"].model, customer_id)
    yield {
        **{name: getattr(api, name) for name in api.__all__},
        "ctx": ctx, "customer": customer, "boss": boss, "root": ROOT, "Decimal": Decimal,
        "hours": lambda n: dt.timedelta(hours=n),
    }
    installation.close()
    databases.drop(url)


def test_the_examples_run(circumstances):
    text = PAGE.read_text("utf-8").replace("```", "")
    example = doctest.DocTestParser().get_doctest(text, circumstances, PAGE.name, str(PAGE), 0)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
    runner.run(example, out=said.append)
    assert runner.failures == 0, "".join(said)
    assert runner.tries > 50


def test_every_function_of_the_front_door_is_shown():
    text = PAGE.read_text("utf-8")
    functions = [n for n in api.__all__ if inspect.isroutine(getattr(api, n)) or n in ("hookimpl", "hookspec")]
    missing = [n for n in functions if f"{n}(" not in text and f"`{n}`" not in text]
    assert missing == []
