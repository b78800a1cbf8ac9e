"""A rule table as a company has it after some months: versions, and decisions kept on records."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from core.companies.services import save_unit
from core.context import Actor
from core.db import transaction
from core.decisions.store import install_table, publish, rule, save_draft
from core.testing import Office

NAME = "charge"


def choices(*pairs: tuple[str, str, str]) -> list[dict]:
    """Choices of a column: value, English, Chinese."""
    return [{"value": value, "label": {"en": en, "zh": zh}} for value, en, zh in pairs]


CHARGE = {
    "name": NAME,
    "label": {"en": "Who pays", "zh": "收费判定"},
    "inputs": [
        {
            "name": "cover",
            "label": {"en": "Cover", "zh": "三包状态"},
            "type": "choice",
            "choices": choices(
                ("recall", "recalled batch", "召回批次内"),
                ("unit", "unit covered", "整机期内"),
                ("part", "part covered", "部件期内"),
                ("over", "over", "已过期"),
            ),
        },
        {
            "name": "cause",
            "label": {"en": "Cause", "zh": "故障原因"},
            "type": "choice",
            "choices": choices(
                ("defect", "defect", "质量"),
                ("misuse", "misuse", "使用不当"),
                ("upkeep", "wrong upkeep", "保养不当"),
                ("fitting", "wrong fitting", "安装不当"),
            ),
        },
        {"name": "proof", "label": {"en": "Proof", "zh": "凭证"}, "type": "bool"},
        {
            "name": "months",
            "label": {"en": "Age", "zh": "使用时间"},
            "type": "int",
            "unit": {"en": "months", "zh": "个月"},
        },
        {
            "name": "distance",
            "label": {"en": "Distance", "zh": "距离"},
            "type": "decimal",
            "unit": {"en": "km", "zh": "公里"},
        },
    ],
    "outputs": [
        {
            "name": "payer",
            "label": {"en": "Charge", "zh": "收费"},
            "type": "choice",
            "choices": choices(
                ("free", "free", "免费"), ("paid", "paid", "收费"), ("first_free", "free for now", "先免费")
            ),
        },
        {
            "name": "price",
            "label": {"en": "Part price", "zh": "备件价"},
            "type": "choice",
            "choices": choices(
                ("none", "free", "免费"), ("low", "preferential", "优惠价"), ("list", "list price", "标准价")
            ),
        },
        {"name": "before", "label": {"en": "Before work", "zh": "动手前必须"}, "type": "str", "required": False},
    ],
    "rows": [
        {"when": {"cover": "recall"}, "then": {"payer": "free", "price": "none"}, "clause": "5.1.1"},
        {
            "when": {"cover": "unit", "cause": "defect", "proof": True},
            "then": {"payer": "free", "price": "none"},
            "clause": "5.1.2",
        },
        {
            "when": {"cover": "part", "cause": "defect", "months": {"le": 18}},
            "then": {"payer": "free", "price": "none"},
            "clause": "5.1.3",
        },
        {
            "when": {"cover": "unit", "cause": "defect", "proof": False},
            "then": {"payer": "first_free", "price": "none", "before": "7 天内补凭证"},
            "note": {"en": "The customer sends the proof within 7 days.", "zh": "客户 7 天内补凭证。"},
        },
        {
            "when": {"cover": ["unit", "part"], "cause": ["misuse", "upkeep"]},
            "then": {"payer": "paid", "price": "list", "before": "报价并同意"},
            "clause": "5.2.1",
        },
        {
            "when": {"cover": ["unit", "part"], "cause": "fitting"},
            "then": {"payer": "paid", "price": "list", "before": "报价并同意"},
        },
        {
            "when": {"cover": "over"},
            "then": {"payer": "paid", "price": "list", "before": "报价并同意"},
            "clause": "5.2.2",
        },
    ],
    "refer": {"en": "The service manager decides", "zh": "由服务主管决定"},
}
"""Seven rows with one gap: a covered part with a defect, older than 18 months. No row asks for the distance."""


TRAVEL = {
    "name": "travel",
    "label": {"en": "Travel charge", "zh": "上门费"},
    "inputs": [
        {
            "name": "km",
            "label": {"en": "distance", "zh": "距离"},
            "type": "decimal",
            "unit": {"en": "km", "zh": "公里"},
        },
        {"name": "sold", "label": {"en": "day of sale", "zh": "购买日期"}, "type": "date", "optional": True},
    ],
    "outputs": [
        {"name": "fee", "label": {"en": "fee", "zh": "费用"}, "type": "decimal", "unit": {"en": "yuan", "zh": "元"}}
    ],
    "rows": [
        {"id": "near", "when": {"km": {"le": 20}}, "then": {"fee": 80}},
        {"id": "far", "when": {"km": {"gt": 20}}, "then": {"fee": "= 80 + (km - 20) * 2.5"}},
    ],
}
"""Two rows, the second with a formula."""


def install(office: Office, now: dt.datetime, cases: int = 0) -> None:
    """Give a company the table as version 1, a version 2 that no longer asks for the distance, and past decisions."""
    ctx = office.system(now - dt.timedelta(days=200)).as_actor(Actor(None, "孙主任", is_system=True))
    install_table(ctx, NAME, CHARGE, plugin="core", effective_from=dt.date(2025, 1, 1))
    later = office.system(now - dt.timedelta(days=100)).as_actor(Actor(None, "孙主任", is_system=True))
    body = {**CHARGE, "inputs": CHARGE["inputs"][:-1]}
    save_draft(later, NAME, body, reason="距离不再影响收费", effective_from=later.today)
    publish(later, NAME)
    if cases:
        decide_cases(office, now, cases)


def decide_cases(office: Office, now: dt.datetime, count: int) -> None:
    """``count`` decisions on organisation units, one after another over the last days, the causes taking turns."""
    causes = ("defect", "misuse", "fitting", "upkeep")
    covers = ("unit", "unit", "over", "part", "recall")
    for number in range(count):
        ctx = office.system(now - dt.timedelta(hours=number + 1))
        with transaction(ctx):
            unit = save_unit(ctx, code=f"u{number}", name=f"服务点 {number + 1}", kind="centre", parent_code="hq")
            facts = {
                "cover": covers[number % 5],
                "cause": causes[number % 4],
                "proof": number % 3 != 0,
                "months": 6 + number % 12,
                "distance": Decimal(number),
            }
            rule(ctx, NAME, facts, record=unit)
