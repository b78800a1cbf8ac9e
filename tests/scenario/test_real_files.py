"""Real complaints, written by nobody here: loaded from the files of two authorities, routed, timed, counted exactly."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import holidays
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from core.api import Clock, Event, OrgUnit, StoredDecision, sweep, use_locale
from core.companies.services import save_unit
from core.decisions.store import publish, save_draft
from core.errors import Forbidden
from core.shipped import read_table_file
from core.testing import Installation, moment
from core.transfer import MappingError, read_mapping, run_import
from plugins.complaints.models import NEVER, Complaint, Handover, Reply

NOW = moment("2026-11-23 09:00")
DATA = Path(__file__).resolve().parents[2] / "plugins" / "complaints" / "data"
CFPB = "cfpb_complaints/cfpb_complaints_2023.csv"
CFPB_SMALL = "cfpb_complaints/cfpb_complaints_2017_small.csv"
NYC = "nyc_311/nyc_311_animals_2025.csv"
NHTSA = "nhtsa/nhtsa_complaints.csv"
DEPARTMENTS = ("rd", "quality", "warehouse", "service", "finance")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


def new_office(installation, code: str = "acme"):
    """A company in New York with five departments."""
    office = installation.company(
        code, modules=("complaints",), now=NOW, locale="en", region="US", timezone="America/New_York"
    )
    ctx = office.system(NOW)
    for unit in DEPARTMENTS:
        save_unit(ctx, unit, unit.title(), "department", "hq")
    ctx.session.close()
    return office


@pytest.fixture
def installation(database_url, registry):
    made = Installation(database_url, registry)
    yield made
    _READERS.pop(id(made), None)
    made.close()


@pytest.fixture
def office(installation):
    return new_office(installation)


@pytest.fixture(scope="module")
def loaded(make_database, registry, sanbao_data):
    """A company per source into which its files were loaded once: the reports by mapping, and the companies."""
    made = Installation(make_database(), registry)
    with use_locale("en"):
        bureau, city = new_office(made, "bureau"), new_office(made, "city")
        use_routing(bureau, "cfpb_routing")
        use_routing(city, "nyc_311_routing")
        reports = {
            "cfpb_2023": load(bureau, sanbao_data / CFPB, "cfpb_2023", only_good=True),
            "cfpb_2017_small": load(bureau, sanbao_data / CFPB_SMALL, "cfpb_2017_small"),
            "nyc_311": load(city, sanbao_data / NYC, "nyc_311"),
        }
    yield bureau, city, reports
    _READERS.pop(id(made), None)  # the next installation may get the same number
    made.close()


def reading(office):
    """Circumstances for looking at what is there now; one session per company."""
    known = _READERS.setdefault(id(office.installation), {})
    ctx = known.setdefault(office.id, None) or office.system(NOW)
    known[office.id] = ctx
    ctx.session.rollback()
    return ctx


_READERS: dict = {}


def use_routing(office, name: str) -> None:
    ctx = office.system(NOW)
    body = read_table_file(DATA / "examples" / f"{name}.yaml")
    save_draft(ctx, body["name"], body, reason="for the real files", effective_from=ctx.today)
    publish(ctx, body["name"])
    ctx.session.close()


def load(office, file: Path, mapping: str, **options):
    ctx = office.system(NOW)
    importer = ctx.registry.importers["complaints"]
    report = run_import(ctx, importer, file, read_mapping(DATA / "mappings" / f"{mapping}.yaml", importer), **options)
    ctx.session.close()
    return report


def by_department(office, **columns) -> dict[str, int]:
    ctx = reading(office)
    query = sa.select(OrgUnit.code, sa.func.count(Complaint.id)).join(OrgUnit, OrgUnit.id == Complaint.unit_id)
    for name, value in columns.items():
        query = query.where(getattr(Complaint, name) == value)
    return dict(ctx.session.execute(query.group_by(OrgUnit.code)).all())


def clocks(office, source: str) -> dict[tuple[str, str], int]:
    ctx = reading(office)
    query = (
        sa.select(Clock.kind, Clock.state, sa.func.count(Clock.id))
        .join(Complaint, Complaint.id == Clock.record_id)
        .where(Complaint.source == source)
        .group_by(Clock.kind, Clock.state)
    )
    return {(kind.partition(".")[2], state): count for kind, state, count in ctx.session.execute(query)}


def count(office, model, *where) -> int:
    return reading(office).session.scalar(sa.select(sa.func.count(model.id)).where(*where))


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


# --- what became of the rows ----------------------------------------------------------------------------------------


def of_2023(office, model, *where) -> int:
    """Count among what came from the large file: its complaints have the lower ids."""
    last = reading(office).session.scalar(sa.select(Complaint.id).order_by(Complaint.id).offset(2066).limit(1))
    column = {Complaint: Complaint.id, Handover: Handover.complaint_id}.get(model, getattr(model, "record_id", None))
    return count(office, model, column <= last, *where)


def test_every_row_becomes_one_complaint_with_its_decisions_clocks_and_event(loaded):
    bureau, city, reports = loaded
    told = {name: (r.rows, r.added, r.known, r.bad_rows, r.loaded) for name, r in reports.items()}
    assert told == {
        "cfpb_2023": (2067, 2067, 0, 0, True),
        "cfpb_2017_small": (145, 145, 0, 0, True),
        "nyc_311": (4969, 4969, 0, 0, True),
    }
    for office, rows in ((bureau, 2067 + 145), (city, 4969)):
        assert count(office, Complaint) == rows
        assert count(office, Clock) == 3 * rows
        assert count(office, StoredDecision, StoredDecision.table_name == "complaints.routing") == rows
        assert count(office, StoredDecision, StoredDecision.table_name == "complaints.severity") == rows
        assert count(office, StoredDecision, StoredDecision.table_name == "complaints.limits") == 3 * rows
        assert count(office, Event, Event.name == "complaints.imported") == rows
        assert count(office, Handover, Handover.verb == "routed") == rows


def test_what_the_source_calls_closed_is_closed_with_its_outcome(loaded):
    bureau, city, _reports = loaded
    assert of_2023(bureau, Complaint, Complaint.is_open.is_(True)) == 616
    for outcome, rows in {"": 616, "solved": 789, "explained": 627, "compensated": 33, "unfounded": 2}.items():
        assert of_2023(bureau, Complaint, Complaint.outcome == outcome) == rows
    assert count(city, Complaint, Complaint.state == "closed", Complaint.outcome == "solved") == 4692
    assert count(city, Complaint, Complaint.state == "in_progress", Complaint.outcome == "") == 277


def test_the_routing_table_sends_each_row_to_its_department_and_says_where_one_is_missing(loaded, sanbao_data):
    bureau, _city, reports = loaded
    rows = rows_of(sanbao_data / CFPB)
    credit = [r for r in rows if r["Product"].startswith("Credit reporting")]
    misused = sum("Improper use" in r["Issue"] or "Identity theft" in r["Issue"] for r in credit)
    loans = [r for r in rows if "loan" in r["Product"].lower() or r["Product"] == "Mortgage"]
    west = sum(r["State"] in ("VA", "TX", "CA") for r in loans)
    expected = {
        "quality": misused,
        "rd": len(credit) - misused,
        "service": sum(r["Product"] in ("Debt collection", "Debt or credit management") for r in rows),
        "warehouse": sum(r["Product"].startswith(("Credit card", "Checking", "Money", "Bank")) for r in rows),
        "finance": len(loans) - west,
        "hq": west,
    }
    units = {u.code: u.id for u in reading(bureau).session.scalars(sa.select(OrgUnit))}
    told = {code: of_2023(bureau, Complaint, Complaint.unit_id == units[code]) for code in expected}
    assert told == expected == {"quality": 467, "rd": 1197, "service": 88, "warehouse": 225, "finance": 73, "hq": 17}
    assert sum(expected.values()) == 2067
    assert of_2023(bureau, Complaint, Complaint.routing == "missing") == 17
    assert reports["cfpb_2023"].notes == {"Not routed: department “loans_west” is missing here": 17}
    assert reports["cfpb_2017_small"].notes == {"Not routed: department “loans_west” is missing here": 15}
    lost = reading(bureau).session.scalars(sa.select(Complaint).where(Complaint.routing == "missing")).first()
    assert (lost.unit_id, lost.routing_note) == (units["hq"], "loans_west")


def test_the_citys_requests_are_routed_by_kind_and_agency(loaded, sanbao_data):
    _bureau, city, reports = loaded
    rows = rows_of(sanbao_data / NYC)
    island = sum(r["Complaint Type"] == "Animal in a Park" and r["Borough"] == "STATEN ISLAND" for r in rows)
    expected = {"service": 1804, "warehouse": 1695, "rd": 921 - island, "quality": 549, "hq": island}
    assert by_department(city) == expected
    assert reports["nyc_311"].notes == {"Not routed: department “island” is missing here": island}
    assert island == 17


def test_every_stored_decision_says_why_in_both_languages(loaded):
    bureau, _city, _reports = loaded
    ctx = reading(bureau)
    complaint = ctx.session.scalar(sa.select(Complaint).where(Complaint.external_key == "cfpb:7523057"))
    query = sa.select(StoredDecision).where(StoredDecision.record_id == complaint.id)
    routing = ctx.session.scalar(query.where(StoredDecision.table_name == "complaints.routing"))
    assert routing.outputs == [{"department": "quality", "note": "Somebody else used the customer's data"}]
    assert (routing.rows, routing.version_number) == ([1], 2)
    assert routing.words == {
        "en": "Row 1: Category is credit reports; Nature contains Improper use or Identity theft "
        "(Improper use of your report)",
        "zh": "第 1 行：类别为信用报告；性质包含 Improper use 或 Identity theft（Improper use of your report）",
    }


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_clocks_of_closed_complaints_are_met_or_missed_by_the_file_and_open_ones_are_overdue(loaded, sanbao_data):
    bureau, _city, _reports = loaded
    told = {
        (kind, state): of_2023(bureau, Clock, Clock.kind == f"complaints.{kind}", Clock.state == state)
        for kind in ("relay", "answer", "solution")
        for state in ("met", "missed", "running")
    }
    assert (told["answer", "met"], told["answer", "missed"]) == (1450, 1), "as “Timely response?” says"
    assert told["answer", "running"] == told["solution", "running"] == 616
    assert (told["relay", "met"], told["relay", "missed"]) == relayed_in_time(sanbao_data / CFPB) == (2012, 55)
    assert sum(told.values()) == 3 * 2067
    assert of_2023(bureau, Complaint, Complaint.is_open.is_(True), Complaint.urgent_at < NOW) == 616
    assert count(bureau, Complaint, Complaint.is_open.is_(False), Complaint.urgent_at != NEVER) == 0


def test_history_is_overdue_without_telling_anybody(loaded):
    for office in loaded[:2]:
        assert count(office, Clock, Clock.state == "running", Clock.breached_at.is_(None)) == 0
        assert count(office, Event, Event.name == "core.clock_breached") == 0
        assert sweep(reading(office)) == 0


def relayed_in_time(file: Path) -> tuple[int, int]:
    """The file has days only: passed on at 00:00 of a day is in time while no working day lies before it.

    Reckoned without the product's calendar: weekends, and the federal holidays.
    """
    free = holidays.country_holidays("US", years=range(2011, 2025))
    met = missed = 0
    for row in rows_of(file):
        day, sent = (dt.date.fromisoformat(row[name]) for name in ("Date received", "Date sent to company"))
        between = [day + dt.timedelta(n) for n in range((sent - day).days)]
        if any(d.weekday() < 5 and d not in free for d in between):
            missed += 1
        else:
            met += 1
    return met, missed


def test_the_citys_answers_are_in_time_or_late_by_the_minute(loaded, sanbao_data):
    _bureau, city, _reports = loaded
    told = clocks(city, "nyc311")
    assert told["answer", "running"] == told["solution", "running"] == told["relay", "running"] == 277
    for kind, hours in (("relay", 4), ("answer", 8)):
        expected = answered_in_time(sanbao_data / NYC, dt.timedelta(hours=hours))
        assert (told[kind, "met"], told[kind, "missed"]) == expected
        assert sum(expected) == 4692
    assert (told["answer", "met"], told["answer", "missed"]) == (3572, 1120)


def answered_in_time(file: Path, limit: dt.timedelta) -> tuple[int, int]:
    """Working time added up day by day: Monday to Friday 09:00 to 17:00, holidays left out.

    The limit runs out at the first instant at which it is used up: what ends later, even at night, is late.
    """
    free = holidays.country_holidays("US", years=(2024, 2025))
    met = missed = 0
    for row in rows_of(file):
        if not row["Closed Date"]:
            continue
        start, end = (dt.datetime.strptime(row[c], "%m/%d/%Y %H:%M") for c in ("Created Date", "Closed Date"))
        due, left, day = None, limit, start.date()
        while due is None and day <= end.date():
            if day.weekday() < 5 and day not in free:
                opens, closes = (dt.datetime.combine(day, dt.time(hour)) for hour in (9, 17))
                begin = max(start, opens)
                worked = max(closes - begin, dt.timedelta(0))
                if worked >= left:
                    due = begin + left
                left -= min(worked, left)
            day += dt.timedelta(1)
        met, missed = (met, missed + 1) if due is not None and end > due else (met + 1, missed)
    return met, missed


# --- the same source in another spelling ----------------------------------------------------------------------------


def test_the_older_file_with_other_column_names_and_flags_means_the_same(loaded):
    bureau, _city, _reports = loaded
    ctx = reading(bureau)
    old = ctx.session.scalar(sa.select(Complaint).where(Complaint.external_key == "cfpb:2397100"))
    assert (old.channel, old.category, old.region, old.state, old.outcome, old.tags) == (
        "phone",
        "credit_reports",
        "TX",
        "closed",
        "solved",
        ["Older American"],
    )
    assert old.received_at == moment("2017-03-21 00:00", "America/New_York")
    assert count(bureau, Reply, Reply.complaint_id == old.id) == 1
    late = count(bureau, Clock, Clock.kind == "complaints.answer", Clock.state == "missed")
    assert late - of_2023(bureau, Clock, Clock.kind == "complaints.answer", Clock.state == "missed") == 11


# --- loading twice --------------------------------------------------------------------------------------------------


def test_loading_the_same_file_again_adds_nothing(office, sanbao_data):
    use_routing(office, "cfpb_routing")
    load(office, sanbao_data / CFPB_SMALL, "cfpb_2017_small")
    again = load(office, sanbao_data / CFPB_SMALL, "cfpb_2017_small")
    assert (again.rows, again.added, again.known, again.bad_rows) == (145, 0, 145, 0)
    assert (count(office, Complaint), count(office, Clock)) == (145, 3 * 145)


def test_the_large_files_again_add_nothing_either(loaded, sanbao_data):
    bureau, city, _reports = loaded
    again = load(bureau, sanbao_data / CFPB, "cfpb_2023")
    assert (again.added, again.known, again.bad_rows) == (0, 2067, 0)
    again = load(city, sanbao_data / NYC, "nyc_311", only_good=True)
    assert (again.added, again.known, again.bad_rows) == (0, 4969, 0)
    assert (count(bureau, Complaint), count(city, Complaint)) == (2067 + 145, 4969)


# --- bad rows, trials -----------------------------------------------------------------------------------------------


@pytest.fixture
def damaged(sanbao_data, tmp_path) -> Path:
    """The small file with four rows spoiled: a product nobody knows, a bad date, a cell too many, a repeated key."""
    text = (sanbao_data / CFPB_SMALL).read_text(encoding="utf-8").rstrip("\n") + "\n"
    lines = text.splitlines(keepends=True)
    lines[1] = lines[1].replace("Credit reporting", "Magic beans", 1)
    lines[2] = lines[2].replace("2017-04-19", "19/04/2017", 1)
    lines[3] = lines[3].rstrip("\r\n") + ",surplus\n"
    lines.append(lines[4])
    file = tmp_path / "damaged.csv"
    file.write_text("".join(lines), encoding="utf-8")
    return file


BAD = [
    (2, "product", "“Magic beans” is not among the values that the mapping knows.", "Magic beans"),
    (3, "date_received", "“19/04/2017” is no date of the form 2026-04-25.", "19/04/2017"),
    (4, "", "Cells in this row: 19; columns of the header: 18.", ""),
]


def test_with_a_bad_row_nothing_is_loaded_unless_the_good_ones_are_asked_for(office, damaged):
    use_routing(office, "cfpb_routing")
    refused = load(office, damaged, "cfpb_2017_small")
    assert (refused.rows, refused.bad_rows, refused.loaded) == (146, 4, False)
    assert count(office, Complaint) == count(office, Clock) == 0
    assert [(p.line, p.column, p.reason, p.value) for p in refused.problems[:3]] == BAD
    repeated = refused.problems[3]
    assert (repeated.line, repeated.column) == (last_line(damaged), "external_key")
    assert repeated.reason.startswith("Line 5 has the same key")
    some = load(office, damaged, "cfpb_2017_small", only_good=True)
    assert (some.added, some.bad_rows, some.loaded) == (142, 4, True)
    assert count(office, Complaint) == 142


def last_line(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def test_a_trial_does_all_the_work_and_keeps_nothing(office, sanbao_data):
    use_routing(office, "cfpb_routing")
    trial = load(office, sanbao_data / CFPB_SMALL, "cfpb_2017_small", dry_run=True)
    assert (trial.rows, trial.added, trial.loaded) == (145, 145, False)
    assert count(office, Complaint) == count(office, Clock) == count(office, StoredDecision) == 0
    numbers = [c.number for c in reading(office).session.scalars(sa.select(Complaint))]
    assert numbers == []


def test_categories_that_the_companys_table_does_not_offer_are_bad_rows(office, sanbao_data):
    report = load(office, sanbao_data / CFPB_SMALL, "cfpb_2017_small", only_good=True)
    assert (report.added, report.bad_rows) == (0, 145)
    first = report.problems[0]
    assert (first.line, first.column, first.value) == (2, "category", "credit_reports")
    assert first.reason == (
        "“credit_reports” is not among the company's categories: attitude, other, packaging, quality, repair. "
        "Load a routing table that offers it: sanbao import rules FILE"
    )


def test_a_mapping_for_other_columns_is_refused_before_a_row_is_read(office, sanbao_data):
    with pytest.raises(MappingError) as refused:
        load(office, sanbao_data / CFPB, "cfpb_2017_small")
    assert "the file lacks the columns complaint_id, submitted_via" in refused.value.message
    assert count(office, Complaint) == 0


def test_without_the_right_to_import_nothing_is_read(office, sanbao_data):
    ctx = office.ctx("complaints.complaint.open", now=NOW)
    importer = ctx.registry.importers["complaints"]
    mapping = read_mapping(DATA / "mappings" / "cfpb_2017_small.yaml", importer)
    with pytest.raises(Forbidden):
        run_import(ctx, importer, sanbao_data / CFPB_SMALL, mapping)
    assert count(office, Complaint) == 0


def test_another_company_sees_none_of_it_and_may_load_the_same_file(installation, office, sanbao_data):
    use_routing(office, "cfpb_routing")
    load(office, sanbao_data / CFPB_SMALL, "cfpb_2017_small")
    other = installation.company("other", modules=("complaints",), now=NOW, region="US", timezone="America/New_York")
    assert count(other, Complaint) == 0
    use_routing(other, "cfpb_routing")
    assert load(other, sanbao_data / CFPB_SMALL, "cfpb_2017_small").added == 145
    assert count(other, Complaint) == count(office, Complaint) == 145


def test_numbers_are_given_without_a_gap(office, sanbao_data):
    use_routing(office, "cfpb_routing")
    load(office, sanbao_data / CFPB_SMALL, "cfpb_2017_small", batch=50)
    ctx = reading(office)
    numbers = list(ctx.session.scalars(sa.select(Complaint.number).order_by(Complaint.id)))
    assert numbers == [f"TS2611-{n:04d}" for n in range(1, 146)]


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_loads_rules_and_files_and_tells_what_it_did(office, damaged, sanbao_data, monkeypatch, tmp_path):
    from core.cli import main

    monkeypatch.setenv("DATABASE_URL", office.installation.url)
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    _READERS.clear()
    for session in office.installation._open:
        session.close()

    def sanbao(*words: str):
        done = CliRunner().invoke(main, list(words))
        return done.exit_code, done.stdout.splitlines(), done.stderr

    code, told, _errors = sanbao("import", "rules", str(DATA / "examples" / "cfpb_routing.yaml"), "--company", "acme")
    assert (code, told) == (0, ["Version 2 of “complaints.routing” is in force from today."])
    arguments = ("import", "complaints", str(damaged), "--company", "acme", "--mapping", "cfpb_2017_small.yaml")
    code, told, errors = sanbao(*arguments, "--errors-to", str(tmp_path / "bad.csv"))
    assert code == 1
    assert told[-1].startswith("Nothing was loaded: 4 of 146 rows are bad.")
    assert "line 2: column product: “Magic beans” is not among the values" in errors
    assert len(rows_of(tmp_path / "bad.csv")) == 4
    code, told, _errors = sanbao(*arguments, "--only-good")
    assert (code, told[-1]) == (1, "146 rows: 142 added, 0 known already, 4 bad.")
    code, told, _errors = sanbao(*arguments, "--only-good", "--dry-run")
    assert told[-1] == "Trial: of 146 rows 0 would be added, 142 are known, 4 are bad. Nothing was kept."
    good = (
        "import",
        "complaints",
        str(sanbao_data / CFPB_SMALL),
        "--company",
        "acme",
        "--mapping",
        "cfpb_2017_small.yaml",
    )
    assert sanbao(*good)[0] == 0
    code, _told, errors = sanbao("import", "complaints", str(damaged), "--company", "nobody", "--mapping", "x.yaml")
    assert code == 2
    assert "nobody" in errors


# --- vehicles -------------------------------------------------------------------------------------------------------


def test_the_vehicle_complaints_load_too_and_twice_adds_nothing(office, sanbao_data):
    use_routing(office, "cfpb_routing")
    report = load(office, sanbao_data / NHTSA, "nhtsa")
    assert (report.rows, report.added, report.known, report.bad_rows) == (100, 100, 0, 0)
    ctx = reading(office)
    query = sa.select(Complaint.state, Complaint.injury, Complaint.severity, sa.func.count(Complaint.id))
    found = ctx.session.execute(query.group_by(Complaint.state, Complaint.injury, Complaint.severity)).all()
    assert sorted(map(tuple, found)) == [("received", False, "minor", 93), ("received", True, "critical", 7)]
    first = ctx.session.scalars(sa.select(Complaint).where(Complaint.external_key == "nhtsa:1")).one()
    assert (first.subject, first.region, first.channel, first.tags) == (
        "TOYOTA COROLLA 1994 AIR BAGS:FRONTAL", "AZ", "phone", ["TOYOTA MOTOR CORPORATION"],
    )
    assert first.received_at == moment("1995-01-03 00:00", "America/New_York")
    assert first.text.startswith("UPON FRONTAL COLLISION, AIR BAG FAILED TO DEPLOY.")
    by_state = dict(ctx.session.execute(
        sa.select(Complaint.region, sa.func.count(Complaint.id)).group_by(Complaint.region)
    ).all())
    assert (by_state["CA"], by_state["MI"], by_state["ID"], len(by_state)) == (12, 11, 9, 27)
    again = load(office, sanbao_data / NHTSA, "nhtsa")
    assert (again.added, again.known, again.bad_rows) == (0, 100, 0)
