"""Suppliers: who answers for what until when, who supports it; claims to them from opening to what came back."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Invalid, Mail, RecordRef, find_clock, merge_records, refile, timeline, use_locale
from core.testing import counted, moment
from plugins.base.contracts import SupplierData
from plugins.base.queries.suppliers import get_supplier, supplier_by_number
from plugins.base.services.suppliers import delete_supplier, save_supplier
from plugins.warranty.agreed import (
    AGREEMENT,
    CLAIM_ANSWER,
    CLAIM_TELL,
    AgreementData,
    AnswerData,
    ClaimData,
    RecoveryData,
    SupplierTermData,
    TellData,
)
from plugins.warranty.models import ClaimRecovery, SupplierClaim
from plugins.warranty.queries import claims as claim_queries
from plugins.warranty.queries import suppliers as queries
from plugins.warranty.services import claims, suppliers
from tests.support.agreed_site import day, furnish, ids

NOW = moment("2026-03-02 09:00")
IDS: dict[str, int] = {}


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        IDS.update(ids(installation.office("acme")))
        yield installation.office("acme")


def opened(ctx, **values) -> SupplierClaim:
    first = {"subject": "Seal leaks", "device_id": IDS["P-1"], "loss": Decimal("800"), "claimed": Decimal("500")}
    return claims.open_claim(ctx, ClaimData(**{**first, **values}))


# --- who answers, who supports --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "within"), [("2026-01-10", "yes"), ("2027-01-09", "yes"), ("2027-01-10", "no")]
)
def test_a_supplier_answers_for_its_goods_to_the_last_day_of_the_term(office, on, within):
    ctx = office.system(NOW)
    found = queries.supplier_of(ctx, unit_id=IDS["P-1"], on=day(on))
    assert (found.name, found.within, found.until, found.covers) == (
        "Huaxin Pumps", within, day("2027-01-09"), frozenset({"parts"}),
    )  # fmt: skip


def test_for_a_group_of_parts_another_supplier_answers_and_for_our_own_product_nobody(office):
    ctx = office.system(NOW)
    bearing = queries.supplier_of(ctx, unit_id=IDS["C-1"], part_group="bearings", on=ctx.today)
    assert (bearing.name, bearing.until) == ("Tongda Bearings", day("2026-07-09"))
    assert queries.supplier_of(ctx, unit_id=IDS["C-1"], on=ctx.today) is None
    assert queries.supplier_of(ctx, product_id=IDS["OWN"], on=ctx.today) is None


def test_a_product_without_a_unit_has_no_known_start(office):
    ctx = office.system(NOW)
    found = queries.supplier_of(ctx, product_id=IDS["PUMP"], on=ctx.today)
    assert (found.within, found.until) == ("unknown", None)
    assert found.words == (
        "Huaxin Pumps: Not known whether the supplier still answers for it. 12 months from: Delivery to the customer; "
        "last day: the start is not known."
    )


def test_an_agreement_in_force_says_who_supports_and_an_expired_one_says_that_it_is(office):
    ctx = office.system(NOW)
    found = queries.responsible_for(ctx, IDS["PUMP"], day("2026-12-31"))
    assert (found.before_name, found.after_name, found.phone, found.days_left, found.expired) == (
        "Acme", "Huaxin Pumps", "021 5555 0101", 1, False,
    )  # fmt: skip
    over = queries.responsible_for(ctx, IDS["PUMP"], day("2027-01-01"))
    assert (over.number, over.expired, over.days_left) == (found.number, True, None)
    assert queries.responsible_for(ctx, IDS["HV37"], ctx.today) is None


def test_an_agreement_is_renewed_once_and_begins_after_the_old_one(office):
    ctx = office.system(NOW)
    old = queries.agreements_of(ctx, IDS["huaxin"])[0]
    data = AgreementData(IDS["huaxin"], day("2026-12-31"), day("2027-12-31"), follows_id=old.id)
    with pytest.raises(Invalid) as refused:
        suppliers.save_agreement(ctx, data)
    assert refused.value.message == f"{old.number} is valid until 2026-12-31. The next one begins later."
    data = AgreementData(IDS["huaxin"], day("2027-01-01"), day("2027-12-31"), follows_id=old.id)
    new = suppliers.save_agreement(ctx, data)
    with pytest.raises(Conflict) as again:
        suppliers.save_agreement(ctx, data)
    assert again.value.message == f"{old.number} is renewed by {new.number} already."


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"valid_until": day("2025-12-31")}, "It would end on 2025-12-31, before it begins on 2026-01-01. The last day "
         "must be the first day or later."),
        ({"after_sale": "third"}, "Name the third party."),
        ({"before_sale": "nobody"}, "“nobody” is not one of the choices."),
    ],
)  # fmt: skip
def test_what_can_not_be_agreed_with_a_supplier_is_refused_in_words(office, values, words):
    first = {"supplier_id": IDS["huaxin"], "valid_from": day("2026-01-01"), "valid_until": day("2026-12-31")}
    with pytest.raises(Invalid) as refused:
        suppliers.save_agreement(office.system(NOW), AgreementData(**{**first, **values}))
    assert refused.value.message == words


def test_a_term_about_nothing_is_refused(office):
    with pytest.raises(Invalid) as refused:
        suppliers.save_term(office.system(NOW), SupplierTermData(IDS["huaxin"], 12, day("2026-01-01")))
    assert refused.value.message == "Say for which goods it is: a product, a group, a maker or a group of parts."


def test_a_supplier_in_use_can_not_be_deleted_and_is_told_why(office):
    ctx = office.system(NOW)
    with pytest.raises(Conflict) as refused:
        delete_supplier(ctx, IDS["huaxin"])
    assert "Huaxin Pumps" in refused.value.message
    assert "Make it inactive instead: it is no longer offered then." in refused.value.message
    assert get_supplier(ctx, IDS["huaxin"]).name == "Huaxin Pumps"
    unused = save_supplier(ctx, SupplierData("Once"))
    delete_supplier(ctx, unused.id)
    assert supplier_by_number(ctx, unused.number) is None


def test_two_suppliers_can_not_have_one_number(office):
    ctx = office.system(NOW)
    with pytest.raises(Conflict) as refused:
        save_supplier(ctx, SupplierData("Other", number="g00001"))
    assert refused.value.message == "The number G00001 is that of Huaxin Pumps."


def test_a_supplier_entered_twice_is_merged_with_its_terms_and_claims(office):
    ctx = office.system(NOW)
    claim = opened(ctx)
    other = save_supplier(ctx, SupplierData("Huaxin Pumps"))
    merge_records(ctx, "base.supplier", IDS["huaxin"], other.id)
    fresh = office.system(NOW)
    assert claim_queries.get_claim(fresh, claim.id).supplier_id == other.id
    assert queries.supplier_of(fresh, unit_id=IDS["P-1"], on=day("2026-03-02")).supplier_id == other.id


# --- claims ---------------------------------------------------------------------------------------------------------


def test_a_claim_goes_to_who_answers_and_the_clock_for_telling_starts(office):
    ctx = office.system(NOW)
    claim = opened(ctx, source=RecordRef("base.contact", 5))
    assert (claim.number, claim.supplier_id, claim.within, claim.state) == (
        "SP2603-0001", IDS["huaxin"], "yes", "opened",
    )  # fmt: skip
    assert find_clock(ctx, claim, CLAIM_TELL).due_at == moment("2026-03-02 13:00") == claim.urgent_at
    assert find_clock(ctx, claim, CLAIM_ANSWER) is None
    unit = RecordRef("base.unit", IDS["P-1"])
    assert "warranty.claim_opened" in [e.name for e in timeline(ctx, unit)]


def test_the_same_form_sent_twice_opens_one_claim(office):
    ctx = office.system(NOW)
    assert opened(ctx, external_key="form:1").id == opened(ctx, external_key="form:1").id


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"loss": Decimal("-1"), "claimed": Decimal("0")}, "loss", "A loss can't be less than nothing."),
        ({"claimed": Decimal("-5")}, "claimed", "What is claimed can't be less than nothing."),
        ({"claimed": Decimal("800.01")}, "claimed", "800.01 is claimed, but the loss is 800.00. At most the loss can "
         "be claimed."),
        ({"found_on": day("2026-03-03")}, "found_on", "The day lies in the future."),
        ({"device_id": None, "product_id": "OWN"}, "supplier_id", "No supplier answers for it: it is a product of our "
         "own. Choose one if it is not."),
        ({"subject": " "}, "subject", "Say in a few words what failed."),
    ],
)  # fmt: skip
def test_what_can_not_be_claimed_is_refused_in_words_and_nothing_is_kept(office, values, field, words):
    ctx = office.system(NOW)
    if values.get("product_id") == "OWN":
        values = {**values, "product_id": IDS["OWN"]}
    with pytest.raises(Invalid) as refused:
        opened(ctx, **values)
    assert (refused.value.field, refused.value.message) == (field, words)
    assert ctx.session.scalar(sa.select(sa.func.count(SupplierClaim.id))) == 0


def test_telling_by_mail_sends_the_letter_and_starts_the_suppliers_clock(office):
    ctx = office.system(NOW)
    claim = opened(ctx, part="Seal 40", problem="Water below the pump.")
    claims.tell_supplier(ctx, claim.id, TellData("mail", "service@huaxin.example"))
    (mail,) = ctx.session.scalars(sa.select(Mail)).all()
    assert (mail.recipient, mail.subject) == ("service@huaxin.example", "Claim SP2603-0001: Seal leaks")
    assert "Part: Seal 40" in mail.body
    assert "We claim CN¥500.00." in mail.body
    assert find_clock(ctx, claim, CLAIM_TELL).state == "met"
    assert find_clock(ctx, claim, CLAIM_ANSWER).due_at == claim.urgent_at == moment("2026-03-16 18:00")


def test_a_mail_without_an_address_is_refused_and_the_supplier_counts_as_not_told(office):
    ctx = office.system(NOW)
    claim = opened(ctx)
    with pytest.raises(Invalid) as refused:
        claims.tell_supplier(ctx, claim.id, TellData("mail"))
    assert refused.value.message == "Enter the address to which the mail goes."
    ctx.session.expire_all()
    assert claim_queries.get_claim(ctx, claim.id).state == "opened"


def told(ctx, **values) -> SupplierClaim:
    claim = opened(ctx, **values)
    return claims.tell_supplier(ctx, claim.id, TellData("phone", "Mr Zhou"))


def test_an_answer_in_part_recovered_in_two_pieces_closes_as_recovered_in_part(office):
    ctx = office.system(NOW)
    claim = told(ctx)
    claims.record_answer(ctx, claim.id, AnswerData("partly", "Half of it", Decimal("300")))
    assert (claim.state, claim.accepted) == ("answered", Decimal("300"))
    claims.record_recovery(ctx, claim.id, RecoveryData(Decimal("200"), day("2026-03-02"), "credit", "CN 12", "a"))
    claims.record_recovery(ctx, claim.id, RecoveryData(Decimal("100"), day("2026-03-02"), "goods", once="b"))
    claims.record_recovery(ctx, claim.id, RecoveryData(Decimal("100"), day("2026-03-02"), "goods", once="b"))
    assert claim.recovered == Decimal("300")
    assert ctx.session.scalar(sa.select(sa.func.count(ClaimRecovery.id))) == 2
    with pytest.raises(Conflict) as refused:
        claims.close_claim(ctx, claim.id, "recovered")
    assert refused.value.message == "“Close the claim” is not possible yet: Less was recovered than claimed."
    ctx.session.expire_all()
    closed = claims.close_claim(ctx, claim.id, "partly")
    assert (closed.state, closed.outcome, closed.is_open) == ("closed", "partly", False)


def test_more_than_was_claimed_does_not_come_back(office):
    ctx = office.system(NOW)
    claim = told(ctx)
    with pytest.raises(Invalid) as refused:
        claims.record_recovery(ctx, claim.id, RecoveryData(Decimal("500.01"), day("2026-03-02")))
    assert refused.value.message == "500.00 of what was claimed is still open; 500.01 is more."
    with pytest.raises(Invalid):
        claims.record_recovery(ctx, claim.id, RecoveryData(Decimal("0"), day("2026-03-02")))


def test_a_refusal_says_why_and_insisting_gives_the_supplier_a_new_time(office):
    ctx = office.system(NOW)
    claim = told(ctx)
    with pytest.raises(Invalid) as refused:
        claims.record_answer(ctx, claim.id, AnswerData("refused"))
    assert refused.value.message == "Write why the supplier refuses."
    claims.record_answer(ctx, claim.id, AnswerData("refused", "Misuse"))
    later = office.system(moment("2026-03-04 09:00"))
    again = claims.insist(later, claim.id, "The report shows no misuse")
    assert (again.state, again.urgent_at) == ("told", moment("2026-03-18 18:00"))


def test_a_supplier_that_was_not_told_in_time_is_reported_to_purchasing(office):
    claim_id = opened(office.system(NOW)).id
    late = moment("2026-03-02 15:00")
    office.installation.worker(late).run_until_idle()
    ctx = office.system(late)
    names = [e.name for e in timeline(ctx, claim_queries.get_claim(ctx, claim_id))]
    assert "core.clock_breached" in names
    assert "core.clock_escalated" in names


def test_amounts_are_corrected_while_a_claim_is_open_but_not_below_what_came(office):
    ctx = office.system(NOW)
    claim = told(ctx)
    claims.record_recovery(ctx, claim.id, RecoveryData(Decimal("200"), day("2026-03-02")))
    with pytest.raises(Invalid) as refused:
        claims.change_amounts(ctx, claim.id, Decimal("800"), Decimal("150"))
    assert refused.value.message == "200.00 was recovered already; what is claimed can't be less."
    assert claims.change_amounts(ctx, claim.id, Decimal("900"), Decimal("900")).claimed == Decimal("900")


def test_what_was_recovered_is_added_up_by_supplier_without_withdrawn_claims(office):
    ctx = office.system(NOW)
    claim = told(ctx)
    claims.record_recovery(ctx, claim.id, RecoveryData(Decimal("200"), day("2026-03-02")))
    opened(ctx, supplier_id=IDS["bearings"], loss=Decimal("100"), claimed=None)
    claims.withdraw_claim(ctx, opened(ctx).id, "No fault found")
    with counted(ctx.session.get_bind()) as statements:
        found = claim_queries.recovered_by_supplier(ctx, day("2026-03-01"), day("2026-03-31"))
    assert [(r.name, r.claims, r.open, r.claimed, r.recovered, r.share) for r in found] == [
        ("Huaxin Pumps", 1, 1, Decimal("500"), Decimal("200"), Decimal("0.4")),
        ("Tongda Bearings", 1, 1, Decimal("100"), Decimal("0"), Decimal("0")),
    ]
    assert len(statements) == 3
    assert claim_queries.recovered_by_supplier(ctx, day("2026-04-01"), day("2026-04-30")) == []


def test_a_claim_filed_on_the_wrong_unit_is_judged_anew_on_the_right_one(office):
    ctx = office.system(NOW)
    claim = opened(ctx, device_id=IDS["C-1"], supplier_id=IDS["huaxin"])
    assert claim.within == "unknown"
    refile(ctx, "warranty.claim", claim.id, "base.unit", IDS["P-1"], "wrong serial number")
    fresh = claim_queries.get_claim(office.system(NOW), claim.id)
    assert (fresh.device_id, fresh.product_id, fresh.within) == (IDS["P-1"], IDS["PUMP"], "yes")


def test_an_agreement_ended_early_no_longer_says_who_is_responsible(office):
    ctx = office.system(NOW)
    row = queries.agreements_of(ctx, IDS["huaxin"])[0]
    suppliers.end_agreement(ctx, row.id, day("2026-03-01"), "Supplier gave up service")
    assert queries.responsible_for(ctx, IDS["PUMP"], ctx.today).expired
    assert RecordRef(AGREEMENT, row.id)
