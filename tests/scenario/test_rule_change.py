"""A company changes where complaints go: the draft is tried on past complaints, published for a day, and from that
day on each complaint says which row of which version sent it where. What was decided before stays explained.
"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from core.companies.models import OrgUnit
from core.companies.services import save_unit
from core.decisions.grid import grid_of, read_grid
from core.decisions.parsing import from_data, to_data
from core.decisions.store import (
    DecisionVersion,
    StoredDecision,
    compiled_version,
    decisions_on,
    publish,
    save_draft,
    start_draft,
    table_named,
    version_in_force,
)
from core.decisions.trials import hits_of, try_draft
from core.errors import Conflict
from core.i18n import use_locale
from core.testing import moment
from plugins.complaints import queries, services
from plugins.complaints.contracts import ComplaintData

TABLE = "complaints.routing"
MONDAY = moment("2026-03-02 09:00")
FRIDAY = moment("2026-03-06 09:00")


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation, use_locale("en"):
        yield installation.office("acme")


def furnish(installation):
    office = installation.company("acme", modules=("complaints",), locale="en")
    for unit in ("rd", "quality", "warehouse", "service"):
        save_unit(office.system(), unit, unit.title(), "department", "hq")


@contextmanager
def at(office, now: dt.datetime = MONDAY):
    """The company's circumstances at a moment, in a session of their own."""
    ctx = office.system(now)
    yield ctx
    ctx.session.close()


def complaint(office, now: dt.datetime, category: str, severity: str = "minor") -> int:
    data = ComplaintData(subject=f"About {category}", category=category, severity=severity)
    with at(office, now) as ctx:
        return services.open_complaint(ctx, data).id


def department(office, complaint_id: int) -> str:
    with at(office) as ctx:
        return ctx.session.get(OrgUnit, queries.get_complaint(ctx, complaint_id).unit_id).code


def routed_by(office, complaint_id: int) -> StoredDecision:
    with at(office) as ctx:
        found = decisions_on(ctx, queries.get_complaint(ctx, complaint_id))
        return next(d for d in found if d.table_name == TABLE)


def draft_a_row(office, now: dt.datetime) -> DecisionVersion:
    """Serious complaints about packaging shall go to the quality department: a row on top, as typed in the grid."""
    ctx = office.system(now)
    draft = start_draft(ctx, TABLE)
    table = from_data(draft.body)
    grid = grid_of(table)
    row = grid.insert("r1", below=False)
    row.when |= {"category": "packaging or spoilage", "severity": "serious, critical"}
    row.then |= {"department": "quality"}
    row.note = "Spoiled goods are examined first."
    read, errors = read_grid(grid, table, table.inputs)
    assert errors == []
    return save_draft(
        ctx, TABLE, to_data(read), reason="Audit 2026-02", effective_from=FRIDAY.date(), version=draft.version
    )


@pytest.mark.clause("GS-24")
def test_a_new_routing_row_is_tried_published_for_a_day_and_explains_itself_from_then_on(office):
    # Monday: six complaints are routed by what the module ships.
    early = [complaint(office, MONDAY, "packaging", "serious") for _n in range(2)]
    early += [complaint(office, MONDAY, "packaging") for _n in range(3)] + [complaint(office, MONDAY, "quality")]
    assert [department(office, c) for c in early] == ["warehouse"] * 5 + ["rd"]

    # The draft is tried on them: two would have gone elsewhere. No complaint is touched.
    draft = draft_a_row(office, MONDAY)
    ctx = office.system(MONDAY)
    in_force = version_in_force(ctx, TABLE, ctx.today)
    base = ctx.session.get(DecisionVersion, in_force.id)
    tried = try_draft(ctx, table_named(ctx, TABLE), base, draft.body).result
    assert (tried.total, tried.unchanged, len(tried.changed), len(tried.no_row)) == (6, 4, 2, 0)
    assert {case.id.record_id for case in tried.changed} == set(early[:2])
    assert [(c.before.outputs["department"], c.after.outputs["department"]) for c in tried.changed] == [
        ("warehouse", "quality")
    ] * 2
    assert tried.same_result_other_row == 4  # one row further down
    assert [department(office, c) for c in early] == ["warehouse"] * 5 + ["rd"]

    # Published for Friday: until then the old rows decide.
    publish(office.system(MONDAY), TABLE)
    thursday = complaint(office, moment("2026-03-05 17:59"), "packaging", "serious")
    friday = complaint(office, FRIDAY, "packaging", "serious")
    assert (department(office, thursday), department(office, friday)) == ("warehouse", "quality")

    # The decision names version and row, and says why in words; those of Monday stand as they were.
    new, old = routed_by(office, friday), routed_by(office, early[0])
    assert (new.version_number, new.rows, old.version_number, old.rows) == (2, [1], 1, [2])
    assert new.words["en"].startswith("Row 1: Category is packaging or spoilage; Severity is serious or critical")
    assert "第 1 行" in new.words["zh"]
    ctx = office.system(FRIDAY)
    before, after = (compiled_version(ctx, d.version_id).table for d in (old, new))
    assert before.rows[1].when == after.rows[2].when
    version = ctx.session.get(DecisionVersion, new.version_id)
    assert hits_of(ctx, version, TABLE, MONDAY).rows == {1: 1}


def test_a_published_version_never_changes_again(office):
    draft_a_row(office, MONDAY)
    publish(office.system(MONDAY), TABLE)
    published = versions(office)
    with pytest.raises(Conflict):
        publish(office.system(MONDAY), TABLE)
    draft_a_row(office, MONDAY)
    assert [number for number, _body in published] == [1, 2]
    assert versions(office)[:2] == published
    assert [number for number, _body in versions(office)] == [1, 2, 3]


def versions(office) -> list[tuple[int, dict]]:
    """Number and content of every version of the routing table, oldest first."""
    with at(office) as ctx:
        query = sa.select(DecisionVersion).where(DecisionVersion.table_id == table_named(ctx, TABLE).id)
        return [(v.number, v.body) for v in ctx.session.scalars(query.order_by(DecisionVersion.number))]
