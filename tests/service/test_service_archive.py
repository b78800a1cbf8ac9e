"""DEF-10: records are archived, many at once, when nothing is missing; found later, and never changed."""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from core.api import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    RecordRef,
    answer_checklist,
    attach,
    find_task,
    issue_document,
    refile,
)
from core.context import SYSTEM
from core.db import Base
from core.i18n import use_locale
from core.settings import set_setting
from core.tasks import Task
from core.testing import moment
from plugins.service import services
from plugins.service import services as verbs
from plugins.service.after_contracts import RETURN_LIST, ExpenseData
from plugins.service.contracts import ORDER, OrderData, ResultData
from plugins.service.models import Order
from plugins.service.queries import after as returns
from plugins.service.queries import archive as queries
from plugins.service.queries import orders
from plugins.service.rma_contracts import RMA, ReceiveData, RmaData
from plugins.service.services import after, archiving, expenses, rma, slips
from plugins.service.slip_contracts import SlipData
from plugins.service.visit_contracts import VISIT, PartData
from tests.support.accounts import Site
from tests.support.defence_site import as_person, done, furnish

D = Decimal
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
ANSWERS = {
    "report": "yes", "sheet": "yes", "contacts": "yes", "claim": "yes", "unused": "returned", "damaged": "returned",
    "receipts": "returned", "money": "none",
}  # fmt: skip
IN_JUNE = "2026-06-10 09:00"


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("defence")


def system(office, text: str):
    """The system at a moment, in the one session of the site."""
    return as_person(office, "li", text).as_actor(SYSTEM)


def in_workshop(office, closed_at: str, **given) -> int:
    """A repair of the workshop, closed at a moment."""
    ctx = system(office, "2026-03-02 09:00")
    data = OrderData("workshop", "Radio is silent", person_name="Major Sun", work_kind="free", work_kind_reason="told")
    made = services.open_order(ctx, data)
    services.accept(ctx, made.id)
    services.start(system(office, "2026-03-02 10:00"), made.id)
    services.finish(system(office, "2026-03-02 11:00"), made.id, ResultData("solved", "Fuse", "defect"))
    services.close(system(office, closed_at), made.id)
    return made.id


def on_site(office, closed_at: str = "2026-03-12 09:00") -> dict[str, int]:
    """An order with everything that the policy asks for, closed: ids of the order and of what belongs to it."""
    order_id = done(office)
    li, hq = as_person(office, "li", "2026-03-09 10:00"), system(office, "2026-03-11 10:00")
    spent = ExpenseData("travel", "Train", D("312.50"), dt.date(2026, 3, 5), 2)
    known = {
        "order_id": order_id,
        "expense_id": expenses.claim_expense(li, order_id, spent).id,
        "part_id": services.plan_part(li, order_id, PartData("Cable")).id,
        "slip_id": slips.send_slip(li, order_id, SlipData([("slip.png", PNG)], "Major Sun")).id,
    }
    slips.accept_slip(hq, known["slip_id"])
    row = returns.return_of(li, order_id)
    answer_checklist(as_person(office, "li", "2026-03-10 10:00"), row, RETURN_LIST, ANSWERS)
    after.hand_in(as_person(office, "li", "2026-03-10 10:00"), row.id)
    after.review(as_person(office, "qiu", "2026-03-11 09:00"), row.id, "good")
    after.check_costs(as_person(office, "fay", "2026-03-11 10:00"), row.id)
    visit = hq.session.scalars(sa.select(hq.registry.kinds[VISIT].model)).one()
    services.close(system(office, closed_at), order_id)
    return known | {"return_id": row.id, "visit_id": visit.id}


def state_of(office, order_id: int) -> str:
    office.installation.close_sessions()
    return office.system().session.get_one(Order, order_id).state


@pytest.mark.clause("DEF-10")
def test_what_was_closed_long_enough_ago_is_archived_and_what_lacks_something_is_named_and_stays(office):
    complete = on_site(office, "2026-03-12 09:00")["order_id"]
    lacking, later = in_workshop(office, "2026-03-12 18:00"), in_workshop(office, "2026-03-13 00:30")
    rma.expect(system(office, "2026-03-12 18:05"), lacking, RmaData("Fuse box"))
    asked = ExpenseData("entertainment", "Dinner", D("200"), reason="Handover")
    expenses.plan_expense(system(office, "2026-03-12 18:06"), lacking, asked)
    with pytest.raises(Forbidden):
        archiving.order_archiving(as_person(office, "li", IN_JUNE), 90)
    qiu = as_person(office, "qiu", IN_JUNE)
    with pytest.raises(Invalid, match="Days, 0 to 3650"):
        archiving.order_archiving(qiu, -1)
    assert queries.count_ripe(as_person(office, "qiu", "2026-06-09 23:59"), 90) == 0
    assert queries.count_ripe(qiu, queries.days_of(qiu)) == 2
    task_id = archiving.order_archiving(qiu, 90).id
    assert office.installation.worker(moment(IN_JUNE)).tasks.run_one() == 1
    office.installation.close_sessions()
    task = find_task(as_person(office, "qiu", IN_JUNE), task_id)
    assert (task.state, task.done, task.total, task.note["en"]) == (
        "done", 2, 2, "1 archived; 1 still lack something.",
    )  # fmt: skip
    returned = {"en": "Return FH2603-0001 is not settled yet", "zh": "返还件 FH2603-0001 尚未了结"}
    spent = {"en": "Expense FY2603-0002 is neither claimed nor dropped", "zh": "费用 FY2603-0002 既未报销也未取消"}
    lacks = [{"code": "service.left_returns", "words": returned}, {"code": "service.left_expenses", "words": spent}]
    assert task.result["problems"] == [{"id": lacking, "number": "FW2603-0002", "lacks": lacks}]
    assert [state_of(office, n) for n in (complete, lacking, later)] == ["archived", "closed", "closed"]
    assert orders.get_order(office.system(), complete).archived_at == moment(IN_JUNE)


@pytest.mark.clause("DEF-10")
def test_an_archived_order_is_found_by_number_name_and_voucher_and_kept_as_long_as_the_company_says(office):
    early, late = in_workshop(office, "2024-02-29 12:00"), in_workshop(office, "2026-03-12 09:00")
    services.archive(system(office, "2026-03-13 09:00"), early)
    ctx = system(office, IN_JUNE)

    def listed(tab: str, text: str = "") -> list[int]:
        query = queries.rows_of(ctx).where(queries.tab_clause(ctx, tab))
        query = query.where(queries.found_by(text)) if text else query
        return [o.id for o in ctx.session.scalars(query.order_by(Order.id))]

    assert (listed("archived"), listed("closed"), listed("over")) == ([early], [late], [])
    assert (listed("archived", "FW2603-0001"), listed("archived", "sun"), listed("archived", "FW9")) == (
        [early], [early], [],
    )  # fmt: skip
    set_setting(ctx, "service.retention_years", 10)
    assert listed("over") == []
    ctx = system(office, "2036-03-13 23:00")
    assert listed("over") == []
    ctx = system(office, "2036-03-14 00:00")
    assert listed("over") == [early]
    assert queries.kept_until(10, dt.date(2024, 2, 29)) == dt.date(2034, 2, 28)
    assert queries.kept_until(0, dt.date(2024, 2, 29)) is None


# --- never changed ----------------------------------------------------------------------------------------------------

BY_THEMSELVES = {
    "after.begin_return", "after.work_goes_on", "closing.close_silent", "entitlement.follow_decision",
    "expenses.allowance_granted", "late.settle_late", "late.warn_late", "money.begin_invoice_clock",
    "plans.follow_work_kind", "plans.settle", "plans.start_after", "plans.unsettle", "progress.tell_step",
    "slips.keep_clock",
}  # fmt: skip
"""What follows from events: it may come late, changes nothing of an archived order, and is no error."""
GIVEN: dict[str, Any] = {
    "str": "x", "int": 1, "bool": True, "Decimal": D(1), "dt.date": dt.date(2026, 6, 1), "dt.date | None": None,
    "dt.datetime": moment("2026-06-01 09:00"), "SlipData": SlipData([("slip.png", PNG)]),
    "OrderData": OrderData("on_site", "x"), "RmaData": RmaData("x"),
}  # fmt: skip
"""What is handed to a verb by the kind of its argument; of other kinds None: it never comes to that."""


def of_an_order() -> Iterator[tuple[str, Callable[..., Any], str, list[str]]]:
    """Every verb about an order or what belongs to one: name, itself, whose id it takes, kinds of its arguments."""
    for module in pkgutil.iter_modules(verbs.__path__):
        found = importlib.import_module(f"{verbs.__name__}.{module.name}")
        for name, verb in vars(found).items():
            if not inspect.isfunction(verb) or verb.__module__ != found.__name__ or name.startswith("_"):
                continue
            wanted = list(inspect.signature(verb).parameters.values())
            if len(wanted) < 2 or wanted[0].name != "ctx" or not wanted[1].name.endswith("_id"):
                continue
            needed = [p for p in wanted[2:] if p.default is p.empty]
            yield f"{module.name}.{name}", verb, wanted[1].name, [(p.name, str(p.annotation)) for p in needed]


def everything(office) -> dict[str, list[tuple]]:
    """All that stands in the tables of the module and beside them."""
    office.installation.close_sessions()
    session = office.system().session
    beside = ("core_attachment", "core_checklist_answer", "core_clock", "core_document", "core_event")
    found = {}
    for mapper in Base.registry.mappers:
        table = mapper.local_table.name
        if table.startswith("service_") or table in beside:
            columns = [getattr(mapper.class_, c.key) for c in mapper.column_attrs]
            found[table] = sorted(map(repr, session.execute(sa.select(*columns))))
    return found


@pytest.mark.clause("DEF-10")
def test_nothing_of_an_archived_order_is_changed_by_any_verb(office):
    known = on_site(office)
    order_id = known["order_id"]
    services.archive(system(office, IN_JUNE), order_id)
    user = as_person(office, "li", IN_JUNE).actor.user_id
    named = {"user_id": user, "quality": "good", "verdict": "accepted", "told_how": "phone"}
    before = everything(office)
    assert before["service_order"]
    assert before["core_event"]
    tried, ctx = [], system(office, "2026-06-11 09:00")
    for name, verb, whose, needed in of_an_order():
        if whose not in known:
            continue
        given = [named.get(arg, GIVEN.get(kind)) for arg, kind in needed]
        if name in BY_THEMSELVES:
            verb(ctx, known[whose], *given)
        else:
            with pytest.raises(DomainError) as refused:
                verb(ctx, known[whose], *given)
            told = "FW2603-0001 is archived and stays as it is."
            assert (name, refused.value.code, refused.value.message) == (name, "archived", told)
        tried.append(name)
    parts = {name.partition(".")[0] for name in tried}
    assert parts >= {"after", "course", "daybook", "expenses", "late", "money", "parts_used", "slips", "visits"}
    assert len(tried) > 70
    assert everything(office) == before


@pytest.mark.clause("DEF-10")
def test_neither_files_documents_nor_answers_come_or_go_and_it_is_filed_nowhere_else(office):
    known = on_site(office)
    ctx = system(office, "2026-03-12 10:00")
    ref, visit = RecordRef(ORDER, known["order_id"]), RecordRef(VISIT, known["visit_id"])
    attach(ctx, ref, "before.png", PNG)
    services.archive(system(office, IN_JUNE), known["order_id"])
    other = other_customer(system(office, IN_JUNE))
    before, ctx = everything(office), system(office, "2026-06-11 09:00")
    order = orders.get_order(ctx, known["order_id"])
    tries: list[Callable[[], Any]] = [
        lambda: attach(ctx, ref, "after.png", PNG),
        lambda: attach(ctx, visit, "after.png", PNG),
        lambda: issue_document(ctx, "service.sheet", order),
        lambda: answer_checklist(ctx, ctx.session.get_one(ctx.registry.kinds[VISIT].model, visit.id), "service.conduct",
                                 {"on_time": "yes"}),
        lambda: refile(ctx, ORDER, ref.id, "base.customer", other, "A namesake"),
    ]  # fmt: skip
    for one in tries:
        with pytest.raises(Conflict, match="FW2603-0001 is archived and stays as it is"):
            one()
    assert everything(office) == before


def other_customer(ctx) -> int:
    from plugins.base import services as base
    from plugins.base.contracts import CustomerData

    return base.save_customer(ctx, CustomerData("Unit 4018", "company")).id


@pytest.mark.clause("DEF-10")
def test_a_part_written_off_that_turns_up_after_the_archive_goes_on_an_order_of_its_own(office):
    order_id = in_workshop(office, "2026-03-12 09:00")
    lost = rma.expect(system(office, "2026-03-12 09:05"), order_id, RmaData("Fuse box", serial="B-7")).id
    rma.write_off(system(office, "2026-03-13 09:00"), lost, "Lost on the way")
    services.archive(system(office, IN_JUNE), order_id)
    before, ctx = everything(office), system(office, "2026-06-11 09:00")
    with pytest.raises(Conflict, match="What has turned up goes on an order of its own"):
        rma.receive(ctx, lost, ReceiveData("Dented", "B-7"))
    with pytest.raises(Conflict, match="FW2603-0001 is archived and stays as it is"):
        attach(ctx, RecordRef(RMA, lost), "found.png", PNG)
    assert everything(office) == before
    ctx = system(office, "2026-06-11 09:00")
    found = services.open_order(ctx, OrderData("analysis", "Fuse box found", about=RecordRef(ORDER, order_id)))
    services.accept(ctx, found.id)
    item = rma.expect(ctx, found.id, RmaData("Fuse box", serial="B-7", reason="Found"))
    assert rma.receive(ctx, item.id, ReceiveData("Dented", "B-7")).state == "received"
    assert [state_of(office, n) for n in (order_id, found.id)] == ["archived", "accepted"]


# --- pages ------------------------------------------------------------------------------------------------------------


def test_archiving_is_ordered_on_a_page_and_what_lacks_something_is_told_there(databases, database_kind, application):
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        office = installation.office("defence")
        archived, lacking = in_workshop(office, "2026-03-12 09:00"), in_workshop(office, "2026-03-12 10:00")
        rma.expect(system(office, "2026-03-12 18:05"), lacking, RmaData("Fuse box"))
        site = Site(app, installation, {"defence": office})
        for name, role in (("head", "manager"), ("tom", "technician")):
            site.person(f"{name}@defence.example", role, company="defence")
        head = site.signed_in("head@defence.example")
        page = head.get("/c/defence/service/archive/run").text
        assert "2 orders were closed 90 days ago or earlier." in page
        assert "Archived orders are kept for good." in page
        refused = head.post("/c/defence/service/archive/run", data={"days": "-1"})
        assert (refused.status_code, office.system().session.scalar(sa.select(sa.func.count(Task.id)))) == (422, 0)
        place = head.post("/c/defence/service/archive/run", data={"days": "30"}).headers["Location"]
        assert "The work goes on. Here is what it has archived so far." in head.get(place).text
        installation.worker().tasks.run_one()
        told = head.get(place).text
        assert [words in told for words in ("FW2603-0001", "FW2603-0002", "Return FH2603-0001 is not settled yet")] == [
            False, True, True,
        ]  # fmt: skip
        found = head.get("/c/defence/service/archive/?search=FW2603").text
        assert [number in found for number in ("FW2603-0001", "FW2603-0002")] == [True, False]
        assert "Write a remark" not in head.get(f"/c/defence/service/{archived}").text
        assert site.signed_in("tom@defence.example").get("/c/defence/service/archive/run").status_code == 403
