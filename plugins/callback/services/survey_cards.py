"""Cards: who is asked about what. Every case that was finished yesterday has one, or a reason why not (VCH-16, VCH-18).

Asking again changes nothing: what a campaign has asked about once is never asked about again.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections import Counter
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from core.api import (
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    _,
    bulk_insert,
    collect,
    compiled_in_force,
    emit,
    fill_in,
    get_setting,
    mail_ready,
    queue_mail,
    transaction,
)
from plugins.base import queries as base_queries
from plugins.base.contracts import FinishedCase, Reach
from plugins.callback.models.surveys import Campaign, CampaignDay, Invitation, SurveyVersion
from plugins.callback.queries import survey_people, surveys
from plugins.callback.queries.contacts import full_this_month
from plugins.callback.rules import surveys as rules
from plugins.callback.survey_contracts import INVITE, InviteData
from plugins.callback.survey_life import ANSWER

AT_ONCE = 500
"""So many customers are read and written together."""
NOBODY = Reach(0, "", "", "", None)


# --- finished cases -------------------------------------------------------------------------------------------------


def issue_cards(ctx: Ctx) -> int:
    """For each campaign about finished cases: cards for the days before today, as far as they lack any.

    Asks the days of the setting again, so that a day on which nothing ran, or a module failed, is made up for.
    Answers how many cards and reasons were written.
    """
    made = 0
    back = int(get_setting(ctx, "callback.survey_look_back"))
    for campaign in surveys.running(ctx, "cases"):
        days = rules.days_to_check(ctx.today, campaign.begins_on, campaign.ends_on, back)
        if days:
            with transaction(ctx):
                made += _issue(ctx, surveys.get_campaign(ctx, campaign.id, lock=True), days)
    return made


def _issue(ctx: Ctx, campaign: Campaign, days: list[dt.date]) -> int:
    begins, ends = _midnight(ctx, days[0]), _midnight(ctx, days[-1] + dt.timedelta(days=1))
    answers = collect(ctx, "finished_cases", begins=begins, ends=ends)
    failed = ", ".join(ctx.registry.plugin_label(a.plugin) for a in answers if a.error)[:400]
    cases = {_key(case.record): case for a in answers if not a.error for case in a.value}
    known = survey_people.known_once(ctx, campaign.id, list(cases))
    fresh = [case for key, case in cases.items() if key not in known]
    rows = [row for part in _parts(fresh) for row in _rows(ctx, campaign, part)]
    ids = bulk_insert(ctx, Invitation, rows, returning=Invitation.id)
    states = known | {row["once"]: row["state"] for row in rows}
    counts = Counter((_day(ctx, case.finished_at), states[key] == "left_out") for key, case in cases.items())
    changed = _note_days(ctx, campaign, days, counts, failed)
    if not rows and changed:
        emit(ctx, "callback.days_checked", campaign, days=changed)
    elif rows:
        left = sum(row["state"] == "left_out" for row in rows)
        emit(ctx, "callback.cards_issued", campaign, title=campaign.title, cards=len(rows) - left, left_out=left)
    for row, number in zip(rows, ids, strict=True):
        if row["way"] == "mail":
            _mail(ctx, campaign, number, row)
    return len(rows)


def _key(record: RecordRef) -> str:
    return f"{record.kind}:{record.id}"


def _parts(items: list) -> Iterable[list]:
    return (items[n : n + AT_ONCE] for n in range(0, len(items), AT_ONCE))


def _midnight(ctx: Ctx, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ctx.tz).astimezone(dt.UTC)


def _day(ctx: Ctx, moment: dt.datetime) -> dt.date:
    return moment.astimezone(ctx.tz).date()


def _rows(ctx: Ctx, campaign: Campaign, cases: list[FinishedCase]) -> list[dict[str, Any]]:
    ids = {c.customer_id for c in cases if c.customer_id is not None}
    known, silent = base_queries.reach_of(ctx, ids), survey_people.no_calls(ctx, ids)
    products = base_queries.products_of_units(ctx, {c.device_id for c in cases if c.device_id is not None})
    table = compiled_in_force(ctx, "callback.survey_cards")
    common = _common(ctx, campaign)
    found = []
    for case in cases:
        person = known.get(case.customer_id or 0, NOBODY)
        facts = {"case": case.record.kind, "sort": case.sort or None, "customer_class": person.klass or None}
        decision = table.decide(facts)
        given = bool((decision.outputs or {}).get("send", True))
        phone = case.person_phone or person.phone
        way, reason = _way(ctx, person.email, phone, person.id in silent) if given else ("", "rule")
        found.append(
            {
                **common, "token": secrets.token_urlsafe(16), "once": _key(case.record), "way": way, "reason": reason,
                "reason_text": "" if given else str(decision.row_id or ""),
                "state": "left_out" if reason else "open",
                "customer_id": case.customer_id, "device_id": case.device_id,
                "product_id": case.product_id or products.get(case.device_id or 0),
                "unit_id": case.unit_id, "technician_id": case.technician_id, "case_kind": case.record.kind,
                "case_ref": case.record.id, "case_number": case.number[:60], "case_subject": case.subject[:200],
                "person_name": (case.person_name or person.name)[:120], "person_phone": phone[:60],
                "email": person.email[:200], **_days(_day(ctx, case.finished_at)),
            }
        )  # fmt: skip
    return found


def _common(ctx: Ctx, campaign: Campaign) -> dict[str, Any]:
    """What all cards that are made now have in common."""
    version = surveys.version_of(ctx, campaign.survey_id, campaign.survey.current)
    assert version is not None
    return {
        "campaign_id": campaign.id, "version_id": version.id, "made_at": ctx.now, "assignee_id": None, "bad": False,
        "valid_until": ctx.today + dt.timedelta(days=campaign.valid_days), "follow_kind": "", "reason_text": "",
        "answered_at": None, "answered_month": None, "lowest": None, "average": None, "follow_ref": None,
    }  # fmt: skip


def _days(day: dt.date) -> dict[str, dt.date]:
    return {"day": day, "month": rules.first_of_month(day)}


def _way(ctx: Ctx, email: str, phone: str, silent: bool) -> tuple[str, str]:
    """By which way somebody is asked, or why he or she can't be. ``silent``: wishes no calls."""
    if email and get_setting(ctx, "callback.survey_mail"):
        return "mail", ""
    if not phone:
        return "", "unreachable"
    return ("", "no_call") if silent else ("phone", "")


def _note_days(
    ctx: Ctx, campaign: Campaign, days: list[dt.date], counts: Counter[tuple[dt.date, bool]], failed: str
) -> int:
    """Write down for each day how many got a card and how many were left out; answers for how many days that is new.

    While a module can't say what it has finished, the counts of that day stay and its name is put beside them.
    """
    known = {d.day: d for d in survey_people.days_between(ctx, campaign.id, days)}
    changed = 0
    for day in days:
        sent, left_out = counts[day, False], counts[day, True]
        row = known.get(day) or CampaignDay(campaign_id=campaign.id, day=day, finished=0, sent=0, left_out=0)
        if failed and row.id is not None:
            sent, left_out = row.sent, row.left_out
        if row.id is None or (row.sent, row.left_out, row.failed) != (sent, left_out, failed):
            row.finished, row.sent, row.left_out, row.failed = sent + left_out, sent, left_out, failed
            row.checked_at = ctx.now
            ctx.session.add(row)
            changed += 1
    ctx.session.flush()
    return changed


# --- customers ------------------------------------------------------------------------------------------------------


def fill(ctx: Ctx, campaign_id: int) -> int:
    """A card for every customer whom a campaign asks, once; answers how many were made now."""
    with transaction(ctx):
        campaign = surveys.get_campaign(ctx, campaign_id, lock=True)
        if campaign.state != "running" or campaign.audience != "customers" or campaign.filled_at is not None:
            return 0
        table = compiled_in_force(ctx, "callback.survey_classes")
        common = _common(ctx, campaign)
        made = left = 0
        last_id = 0
        chosen = (campaign.klass, campaign.customer_kind, campaign.for_unit_id)
        while found := base_queries.customer_ids_after(ctx, last_id, AT_ONCE, *chosen):
            last_id = found[-1]
            done = survey_people.known_once(ctx, campaign.id, [_customer_key(i) for i in found])
            asked = survey_people.asked_yearly(ctx, found) if campaign.yearly else {}
            known = base_queries.reach_of(ctx, [i for i in found if _customer_key(i) not in done])
            wanted = [c for c in known.values() if not campaign.yearly or _is_due(ctx, table, c, asked.get(c.id))]
            silent = survey_people.no_calls(ctx, [c.id for c in wanted])
            full = full_this_month(ctx, [c.id for c in wanted])
            rows = [
                _customer_row(ctx, common, c, c.id in silent, c.id in full)
                for c in sorted(wanted, key=lambda c: c.id)
            ]
            ids = bulk_insert(ctx, Invitation, rows, returning=Invitation.id)
            some = sum(row["state"] == "left_out" for row in rows)
            made, left = made + len(rows), left + some
            if rows:
                facts = {"cards": len(rows) - some, "left_out": some}
                emit(ctx, "callback.cards_issued", campaign, title=campaign.title, **facts)
            for row, number in zip(rows, ids, strict=True):
                if row["way"] == "mail":
                    _mail(ctx, campaign, number, row)
        campaign.filled_at = ctx.now
        emit(ctx, "callback.campaign_filled", campaign, title=campaign.title, cards=made - left, left_out=left)
        return made


def _customer_key(customer_id: int) -> str:
    return _key(RecordRef("base.customer", customer_id))


def _is_due(ctx: Ctx, table: Any, customer: Reach, last: dt.date | None) -> bool:
    facts = {"customer_class": customer.klass or None, "customer_kind": customer.kind}
    months = int((table.decide(facts).outputs or {}).get("months") or 0)
    return months > 0 and (last is None or last <= rules.months_before(ctx.today, months))


def _customer_row(ctx: Ctx, common: dict[str, Any], customer: Reach, silent: bool, full: bool) -> dict[str, Any]:
    """The card of a customer; ``full``: he or she is called often enough this month."""
    way, reason = _way(ctx, customer.email, customer.phone, silent)
    if way == "phone" and full:
        way, reason = "", "month_full"
    return {
        **common, "token": secrets.token_urlsafe(16), "once": _customer_key(customer.id), "way": way,
        "reason": reason, "state": "left_out" if reason else "open", "customer_id": customer.id, "device_id": None,
        "product_id": None, "unit_id": customer.unit_id, "technician_id": None, "case_kind": "", "case_ref": None,
        "case_number": "", "case_subject": "", "person_name": customer.name[:120], "person_phone": customer.phone[:60],
        "email": customer.email[:200], **_days(ctx.today),
    }  # fmt: skip


# --- one by one -----------------------------------------------------------------------------------------------------


def invite(ctx: Ctx, campaign_id: int, data: InviteData) -> Invitation:
    """Make a card for one customer, such as somebody who is being called; the same case or customer once a campaign."""
    ctx.require(ANSWER)
    with transaction(ctx):
        campaign = surveys.get_campaign(ctx, campaign_id, lock=True)
        if campaign.state != "running":
            raise Conflict("not_running", _("The campaign “{title}” is not under way.", title=campaign.title))
        customer = base_queries.get_customer(ctx, data.customer_id)
        once = _key(RecordRef(data.record_kind or "base.customer", data.record_id or customer.id))
        known = ctx.session.scalar(
            sa.select(Invitation).where(Invitation.campaign_id == campaign.id, Invitation.once == once)
        )
        if known is not None:
            return known
        if data.technician_id is not None and surveys.works_here(ctx, data.technician_id) is None:
            raise Invalid("unknown_person", _("Choose somebody who works here."), "technician_id")
        person = base_queries.reach_of(ctx, [customer.id])[customer.id]
        products = base_queries.products_of_units(ctx, [data.device_id] if data.device_id else [])
        phone = data.person_phone or person.phone
        row = Invitation(
            **{
                **_common(ctx, campaign), "token": secrets.token_urlsafe(16), "once": once,
                "way": "phone" if phone else "paper", "customer_id": customer.id, "device_id": data.device_id,
                "product_id": data.product_id or products.get(data.device_id or 0),
                "unit_id": data.unit_id or customer.unit_id, "technician_id": data.technician_id,
                "case_kind": data.record_kind, "case_ref": data.record_id, "case_number": data.number[:60],
                "case_subject": data.subject[:200], "person_name": (data.person_name or person.name)[:120],
                "person_phone": phone[:60], "email": person.email[:200], **_days(ctx.today),
            }
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "callback.invited", row, links=links_of(row), title=campaign.title, name=row.person_name)
        return row


def links_of(row: Invitation) -> list[RecordRef]:
    """The records on whose timelines the events of a card appear too: the case, the customer, the campaign."""
    found = (
        (row.case_kind, row.case_ref),
        ("base.customer", row.customer_id),
        ("callback.campaign", row.campaign_id),
    )
    return [RecordRef(kind, ref) for kind, ref in found if kind and ref is not None]


def link_of(ctx: Ctx, token: str) -> str:
    """The address of a card for mail, below ``PUBLIC_URL``; empty where the installation has none."""
    base = os.environ.get("PUBLIC_URL", "").rstrip("/")
    return f"{base}/c/{ctx.company.code}/callback/s/{token}" if base else ""


def _mail(ctx: Ctx, campaign: Campaign, invitation_id: int, row: dict[str, Any]) -> None:
    """Send the link. Without a mail server or an address of the installation the card waits as one to be asked."""
    address = link_of(ctx, row["token"])
    if not address or not mail_ready():
        return
    locale = survey_people.language_of(ctx, row["customer_id"], email=row["email"], name=row["person_name"])
    survey = campaign.survey
    facts = {
        "title": rules.in_language({"zh": survey.title_zh, "en": survey.title_en}, locale),
        "subject": " ".join(filter(None, (row["case_subject"], row["case_number"]))) or campaign.title,
        "name": row["person_name"], "address": address, "until": row["valid_until"], "company": ctx.company.name,
    }  # fmt: skip
    subject, body = fill_in(ctx, INVITE, facts, locale)
    queue_mail(
        ctx, row["email"], subject, body, cause=f"callback.card:{invitation_id}", locale=locale, secret=True,
        record=RecordRef("callback.invitation", invitation_id),
    )  # fmt: skip


def mail_came_back(ctx: Ctx, card_id: int) -> None:
    """No mail reaches who is asked: he or she is asked by phone instead, or left out as one who can't be reached."""
    with transaction(ctx):
        row = surveys.get_card(ctx, card_id, lock=True)
        if row.state != "open" or row.way != "mail":
            return
        silent = bool(survey_people.no_calls(ctx, [row.customer_id])) if row.customer_id is not None else False
        row.way, row.reason = _way(ctx, "", row.person_phone, silent)
        if row.reason:
            row.state = "left_out"
        ctx.session.flush()
        emit(ctx, "callback.card_came_back", row, links=links_of(row), title=row.campaign.title, name=row.person_name)


def questions_of(row: Invitation) -> list[dict[str, Any]]:
    """What a card asks, in order."""
    version: SurveyVersion = row.version
    return version.questions
