"""The how-to page on writing a rule set for warranty, followed step by step through the pages, in both languages."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from core.decisions.kinds import tables_of_kind
from core.decisions.store import latest_published, table_named
from plugins.base import services as base
from plugins.base.contracts import ProductData
from plugins.warranty.queries import coverage as queries
from plugins.warranty.rules import rulesets
from tests.support.accounts import Site, words_of
from tests.support.warranty import furnished, unit

ROOT = Path(__file__).parents[2]
PAGES = {"en": "write-a-rule-set.md", "zh": "write-a-rule-set.zh-CN.md"}
NAMES = {"en": "Forklift promise", "zh": "叉车保修承诺"}
GROUPS = {"en": "forklift", "zh": "叉车"}
TABLE, CHOICE = "/c/acme/rules/warranty.coverage.forklifts", "/c/acme/rules/warranty.rule_set"


@pytest.fixture
def site(databases, application, spoken):
    with databases.furnished("sqlite", FURNISH[spoken]) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {"acme": installation.office("acme")})


def english(installation):
    furnish(installation, "en")


def chinese(installation):
    furnish(installation, "zh")


FURNISH = {"en": english, "zh": chinese}


def furnish(installation, locale):
    office = furnished(installation, locale=locale)
    Site(None, installation, {"acme": office}).person("boss@example.com", "administrator", locale=locale)
    ctx = office.system(dt.datetime.now(dt.UTC))
    for language, group in GROUPS.items():
        code = f"F-{language}"
        base.save_product(ctx, ProductData(code=code, name="Forklift", group=group))
        unit(ctx, code, f"FL-{language}", ctx.today - dt.timedelta(days=90))


def tables_on(page: str) -> list[list[list[str]]]:
    """The tables of a page: rows of cells, without head."""
    blocks = re.findall(r"(?:^\|.*\n)+", page, re.M)
    return [[[c.strip() for c in line.strip("|\n").split("|")] for line in b.splitlines()[2:]] for b in blocks]


def pairs(text: str) -> list[tuple[str, str]]:
    """``Cause: misuse; Hours run: ≥ 2000`` as (label, cell)."""
    return [(label.strip(), cell.strip()) for label, _colon, cell in (p.partition(": ") for p in text.split("; "))]


def column(label: str, language: str) -> str:
    """The name of the column that the page calls so."""
    columns = (*rulesets.columns()["inputs"], *rulesets.columns()["outputs"])
    return next(c["name"] for c in columns if c["label"][language] == label)


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_the_page_on_rule_sets_can_be_followed_step_by_step(site, spoken):
    language = spoken
    page = (ROOT / "docs/howto" / PAGES[language]).read_text("utf-8")
    rows, cases = tables_on(page)
    boss = site.signed_in("boss@example.com", language=language)
    today = dt.datetime.now(dt.UTC).astimezone(site.office().system().tz).date().isoformat()

    # 1 Make the table: no rows yet, under the company's own terms.
    made = boss.post(
        "/c/acme/rules/new",
        {"begin": "empty:warranty.coverage", "code": "forklifts", f"name_{language}": NAMES[language]},
    )
    assert made.status_code == 302
    ctx = site.office().system(dt.datetime.now(dt.UTC))
    assert [t.name for t in tables_of_kind(ctx, "warranty.coverage")][1:] == [
        "warranty.coverage.appliances", "warranty.coverage.forklifts", "warranty.coverage.phones",
    ]  # fmt: skip
    assert NAMES[language] in words_of(boss.get(TABLE).text)

    # 2 and 3 Choose the conditions, type the rows. 5 Publish it.
    boss.post(f"{TABLE}/new-draft", page=TABLE)
    inputs = [c["name"] for c in latest_published(ctx, table_named(ctx, "warranty.coverage.forklifts")).body["inputs"]]
    grid: dict[str, Any] = {"input": [*inputs, "hours_run", "months_since_start"], "row": [f"n{r[0]}" for r in rows]}
    for number, when, then, clause in rows:
        grid |= {f"n{number}.w.{column(label, language)}": cell for label, cell in pairs(when)}
        grid |= {f"n{number}.t.{column(label, language)}": cell for label, cell in pairs(then)}
        grid[f"n{number}.clause"] = clause
    grid |= {"effective_from": today, "reason": "Promise"}
    kept = boss.post(f"{TABLE}/draft", {**grid, "do": "save"}, page=TABLE)
    assert kept.status_code == 302, words_of(kept.text)[:2000]

    # 4 Try it: each case falls on the row that the page says.
    for _name, facts, row in cases:
        asked = {f"f.{column(label, language)}": cell for label, cell in pairs(facts)}
        told = words_of(boss.get(TABLE, query_string={**DULL, **asked, "case": 1}).text)
        wanted = {"en": f"Row {row}:", "zh": f"第 {row} 行："}[language] if row.isdigit() else row
        assert wanted in told, (facts, told[-3000:])

    done = boss.post(f"{TABLE}/draft", {**grid, "do": "publish"}, page=TABLE)
    assert done.status_code == 302, words_of(done.text)[:2000]

    # 6 Name it where rule sets are chosen.
    boss.post(f"{CHOICE}/new-draft", page=CHOICE)
    chooser = {
        "input": [c["name"] for c in rulesets.chooser()["inputs"]], "row": ["n1"],
        "n1.w.product_group": GROUPS[language], "n1.t.rule_set": "forklifts", "do": "publish",
        "effective_from": today, "reason": "Promise",
    }  # fmt: skip
    assert boss.post(f"{CHOICE}/draft", chooser, page=CHOICE).status_code == 302

    # 7 See it decide.
    device = next(u for u in _units(ctx) if u.serial == f"FL-{language.upper()}")
    address = f"/c/acme/warranty/units/{device.id}/decide"
    asked = boss.post(address, {"do": "decide", "problem": "Does not lift", "f.cause": "defect", "f.hours_run": "120"})
    assert asked.status_code == 302, words_of(asked.text)[:2000]
    made = queries.decisions_of(site.office().system(), device.id)[0]
    assert (made.rule_set, made.charge, made.outputs["loaner_after"]) == ("forklifts", "free", 3)
    assert {"en": "Promise 1", "zh": "承诺 1"}[language] in words_of(boss.get(asked.location).text)


DULL = {
    "f.work": "fault", "f.proof": "none", "f.period": "running", "f.repairs_same": "0", "f.repair_guarantee": "false",
    "f.contract": "none",
}  # fmt: skip
"""Facts that the table asks for and the page's cases do not mention."""


def _units(ctx) -> list[Any]:
    model = ctx.registry.kinds["base.unit"].model
    return ctx.session.query(model).all()
