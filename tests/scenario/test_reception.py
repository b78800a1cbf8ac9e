"""Reception speaks by the company's procedure: what to say stands beside the case, by matter and channel (GS-23)."""

from __future__ import annotations

import pytest

from core.api import use_locale
from core.decisions.store import publish, save_draft, table_named, versions_of
from core.settings import set_setting
from core.testing import moment
from plugins.base import queries
from tests.support.accounts import Site, words_of

MONDAY = moment("2026-03-02 09:00")


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {"acme": installation.office("acme")})


def furnish(installation):
    made = Site(None, installation)
    made.office("acme", modules=["complaints"], locale="en")
    made.person("agent@acme.example", "agent")


def said(site, matter: str, channel: str, locale: str = "en", *, known: bool = False) -> list[str]:
    with use_locale(locale):
        return queries.reception_script(site.office("acme").system(MONDAY), matter, channel, known=known)


@pytest.mark.clause("GS-23")
@pytest.mark.clause("AG-20")
def test_reception_is_told_what_to_say_by_what_it_is_about_and_how_it_came_in(site):
    call = said(site, "complaint", "phone")
    assert call[0] == "Say the company's name and your own, and ask how you can help."
    assert "Let the customer finish. Do not interrupt, argue, or blame another department." in call
    letter = said(site, "complaint", "letter")
    assert letter[-1] == "Copy it word for word, note when it came, and answer first that it has arrived."
    assert not set(letter) & {call[0], call[-1]}
    assert "What do the plate's model and serial number say? When was it bought?" in said(site, "fault", "phone")
    assert said(site, "complaint", "letter", "zh") == [
        "谢谢你告诉我们。我记下来，马上转给负责的部门。", "请问有没有人受伤？还能不能用？",
        "原文照录，写明收到的时间，先回复已收到。",
    ]


@pytest.mark.clause("GS-23")
def test_the_company_writes_its_own_procedure_and_it_stands_beside_the_case(site):
    office = site.office("acme")
    ctx = office.system(MONDAY)
    set_setting(ctx, "base.intake.script", "Good morning, Acme.")
    body = dict(versions_of(ctx, table_named(ctx, "base.reception"))[-1].body)
    own = {"id": "own", "when": {"matter": "complaint"}, "then": {"say_en": "We are sorry to hear that."}}
    save_draft(ctx, "base.reception", {**body, "rows": [own]}, reason="our procedure", effective_from=ctx.today)
    publish(office.system(MONDAY), "base.reception")
    assert said(site, "complaint", "phone") == ["Good morning, Acme.", "We are sorry to hear that."]
    assert said(site, "complaint", "phone", "zh")[-1] == "We are sorry to hear that.", "better than silence"
    agent = site.signed_in("agent@acme.example")
    assert "Good morning, Acme. We are sorry to hear that." in words_of(agent.get("/c/acme/complaints/new").text)
    assert "We are sorry" not in agent.get("/c/acme/intake").text, "a fault, until it is said otherwise"
    page = agent.post("/c/acme/intake", {"step": "lookup", "matter": "complaint", "channel": "phone"}, "/c/acme/intake")
    assert "We are sorry to hear that." in page.text
