"""Words for times, durations and money, and the components of the pages."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, render_template
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length

from core.hooks import Gate
from core.i18n import _, label, n_, use_locale
from core.paging import Pager
from core.web import assets, icons, ui

TEMPLATES = assets.FOLDER.parent / "templates"
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 6, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


# --- durations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "under 1 min", "不到 1 分钟"),
        (59, "under 1 min", "不到 1 分钟"),
        (60, "1 min", "1 分钟"),
        (24 * 60 + 59, "24 min", "24 分钟"),
        (3600, "1 h", "1 小时"),
        (2 * 3600 + 14 * 60, "2 h 14 min", "2 小时 14 分"),
        (86399, "23 h 59 min", "23 小时 59 分"),
        (86400, "1 d", "1 天"),
        (86400 + 3 * 3600 + 59 * 60, "1 d 3 h", "1 天 3 小时"),
        (-8040, "2 h 14 min", "2 小时 14 分"),
    ],
)
def test_durations_drop_what_is_zero_and_cut_off(seconds, english, chinese):
    assert ui.duration_words(seconds, "en") == english
    assert ui.duration_words(seconds, "zh") == chinese


def test_the_script_words_durations_with_the_messages_of_the_server():
    with use_locale("en"):
        words = ui.ticking_words()
    assert words == (
        '{"over": "Overdue {duration}", "left": "Left {duration}", "d:d h": "{d} d {h} h", "d:d": "{d} d", '
        '"d:h m": "{h} h {m} min", "d:h": "{h} h", "d:m": "{m} min", "d:0": "under 1 min"}'
    )


# --- moments, days, money -------------------------------------------------------------------------------------------


def test_a_moment_is_shown_in_the_time_zone_of_the_company():
    assert ui.moment(datetime(2026, 11, 23, 6, 41, tzinfo=UTC), NOW, SHANGHAI) == "11-23 14:41"


def test_a_moment_of_another_year_shows_the_year_of_the_company():
    assert ui.moment(datetime(2025, 11, 23, 6, 41, tzinfo=UTC), NOW, SHANGHAI) == "2025-11-23 14:41"
    assert ui.moment(datetime(2025, 12, 31, 16, 0, tzinfo=UTC), NOW, SHANGHAI) == "01-01 00:00"


def test_a_moment_of_today_may_say_so():
    with use_locale("en"):
        assert ui.moment(NOW - HOUR, NOW, SHANGHAI, today=True) == "Today 13:20"
        assert ui.moment(NOW - 24 * HOUR, NOW, SHANGHAI, today=True) == "11-22 14:20"


def test_a_moment_without_time_zone_is_refused():
    with pytest.raises(ValueError) as refusal:
        ui.moment(datetime(2026, 11, 23), NOW, SHANGHAI)
    assert str(refusal.value) == "a moment needs its time zone"


def test_a_day_always_shows_its_year():
    assert ui.date_words(date(2026, 4, 12)) == "2026-04-12"


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (Decimal("1280"), "CNY", "¥1,280.00"),
        (Decimal("-312"), "CNY", "−¥312.00"),
        (Decimal("0"), "USD", "$0.00"),
        (Decimal("1234567.5"), "EUR", "€1,234,567.50"),
        (Decimal("1280"), "JPY", "¥1,280"),
        (Decimal("5"), "CHF", "CHF 5.00"),
    ],
)
def test_money_has_its_sign_symbol_and_cents(amount, currency, words):
    assert ui.money_words(amount, currency) == words


def test_money_is_never_a_float():
    with pytest.raises(TypeError):
        ui.money_words(12.5)


@pytest.mark.parametrize(
    ("name", "letters"), [("何敏", "敏"), ("Ann Lee", "AL"), ("Mary Jane Watson", "MW"), ("ann", "A"), ("  ", "?")]
)
def test_an_avatar_shows_what_people_recognise(name, letters):
    assert ui.initials(name) == letters


# --- clocks ---------------------------------------------------------------------------------------------------------


def clock(**over):
    facts = {
        "now": NOW,
        "limit_seconds": 24 * 3600,
        "started_at": NOW - 4 * HOUR,
        "due": NOW + 20 * HOUR,
        "warn_at": NOW + 14 * HOUR,
    }
    return ui.clock_view("Answer", **(facts | over))


@pytest.mark.parametrize(
    ("over", "state", "english", "chinese"),
    [
        ({}, "ok", "Left 20 h", "还剩 20 小时"),
        ({"warn_at": NOW, "due": NOW + HOUR}, "soon", "Left 1 h", "还剩 1 小时"),
        ({"due": NOW}, "ok", "Left under 1 min", "还剩 不到 1 分钟"),
        ({"due": NOW - timedelta(minutes=134)}, "over", "Overdue 2 h 14 min", "已超时 2 小时 14 分"),
        ({"paused": True}, "paused", "Paused, 20 h left", "已暂停，剩 20 小时"),
        ({"stopped_at": NOW - HOUR}, "met", "Met in 3 h", "达成，用时 3 小时"),
        ({"stopped_at": NOW, "due": NOW - HOUR}, "late", "Done 1 h late", "超时 1 小时 完成"),
        ({"started_at": None}, "idle", "Not started, limit 1 d", "未开始，限 1 天"),
    ],
)
def test_a_clock_says_how_it_stands(over, state, english, chinese):
    view = clock(**over)
    assert view.state == state
    assert ui.clock_words(view, "en") == english
    assert ui.clock_words(view, "zh") == chinese


def test_a_chip_ticks_only_where_time_left_is_plain_time():
    assert clock().ticking is True
    assert clock(left_seconds=8 * 3600).ticking is False
    assert clock(paused=True).ticking is False
    assert clock(stopped_at=NOW).ticking is False


def test_the_share_used_stays_between_nothing_and_all():
    assert clock().share == pytest.approx(4 / 24)
    assert clock(due=NOW - HOUR, started_at=NOW - 100 * HOUR).share == 1.0
    assert clock(used_seconds=6 * 3600).share == 0.25


# --- icons ----------------------------------------------------------------------------------------------------------


def test_an_icon_is_hidden_from_screen_readers_unless_it_is_named():
    assert str(icons.icon("x", "i-14")).startswith(
        '<svg class="i i-14" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="M18 6 6 18" />'
    )
    assert 'role="img" aria-label="Close &lt;it&gt;"' in icons.icon("x", label="Close <it>")


def test_an_unknown_icon_fails_while_testing_and_draws_a_circle_in_production():
    with pytest.raises(icons.UnknownIcon):
        icons.icon("no-such-icon")
    app = Flask("production")
    with app.app_context():
        assert icons.icon("no-such-icon") == icons.icon("circle")
    app.testing = True
    with app.app_context(), pytest.raises(icons.UnknownIcon):
        icons.icon("no-such-icon")


def test_every_icon_named_in_a_template_exists():
    names = set(ui.CLOCK_ICONS.values())
    for path in TEMPLATES.rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        names.update(re.findall(r"""icon\(["']([a-z0-9-]+)["']""", source))
        names.update(re.findall(r"""icon_name=["']([a-z0-9-]+)["']""", source))
    assert len(names) > 20
    for name in sorted(names):
        icons.icon(name)


# --- templates ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def app():
    app = Flask("pages", template_folder=str(TEMPLATES), static_folder=str(assets.FOLDER))
    app.testing = True
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(_=_, n_=n_, label=label, csrf_token=lambda: "TOKEN")
    app.secret_key = "for flashed messages"
    app.add_url_rule("/preference", "web.preference", lambda: "", methods=["POST"])
    app.add_url_rule("/home", "web.home", lambda: "")
    ui.init_ui(app, lambda: ui.Formats("en", SHANGHAI, NOW))
    return app


@pytest.fixture
def render(app):
    """Render a piece of template with the components at hand, in English."""

    def rendered(source: str, **facts) -> str:
        with app.test_request_context(), use_locale("en"):
            template = app.jinja_env.from_string('{% import "sanbao/ui.html" as ui with context %}' + source)
            return re.sub(r"\s+", " ", template.render(**facts)).strip()

    return rendered


def words(html: str) -> str:
    """What is read, without tags."""
    return re.sub(r"\s+", " ", Markup(re.sub(r"<[^>]+>", " ", html)).unescape()).strip()


def test_every_template_compiles(app):
    names = [p.relative_to(TEMPLATES).as_posix() for p in TEMPLATES.rglob("*.html")]
    assert "sanbao/base.html" in names
    for name in names:
        app.jinja_env.get_template(name)


INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", re.IGNORECASE)


def test_no_template_carries_inline_script_or_style():
    for path in TEMPLATES.rglob("*.html"):
        source = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not INLINE.findall(source), path.name


def test_a_ticking_chip_carries_its_moment_and_a_paused_one_does_not(render):
    ticking = render("{{ ui.sla(c, true) }}", c=clock())
    assert 'class="sla ok" data-due="2026-11-24T02:20:00+00:00" data-warn="2026-11-23T20:20:00+00:00"' in ticking
    assert 'title="Due 11-24 10:20"' in ticking
    assert words(ticking) == "Answer Left 20 h"
    paused = render("{{ ui.sla(c) }}", c=clock(paused=True))
    assert "data-due" not in paused
    assert words(paused) == "Paused, 20 h left"


class Sample(Form):
    code = StringField("Part number", [InputRequired("Enter the part number.")], description="As on the label.")
    phone = StringField("Phone", [Length(min=11, message="A mobile number has 11 digits.")])
    channel = RadioField("Channel", choices=[SelectChoice("phone", "Phone"), SelectChoice("visit", "Visit")])
    agreed = BooleanField("Agreed")


def failed_form() -> Sample:
    form = Sample(MultiDict({"phone": "138", "channel": "phone"}))
    assert not form.validate()
    return form


def test_a_field_says_what_is_wrong_and_what_is_required_in_words(render):
    html = render("{{ ui.field(form.code) }}", form=failed_form())
    assert words(html) == "Part number required Enter the part number. As on the label."
    assert 'aria-describedby="code-e code-h" aria-invalid="true"' in html
    assert 'class="inp is-invalid"' in html
    assert '<p class="err" id="code-e">' in html
    assert '<p class="hint" id="code-h">As on the label.</p>' in html


def test_a_field_without_error_or_hint_describes_nothing(render):
    html = render("{{ ui.field(form.phone, rows=3) }}", form=Sample())
    assert "aria-" not in html.replace('aria-hidden="true"', "")
    assert 'class="inp"' in html
    assert 'rows="3"' in html


def test_choices_are_real_radio_buttons_with_the_chosen_one_checked(render):
    html = render("{{ ui.field(form.channel) }}", form=failed_form())
    assert html.count('type="radio"') == 2
    assert '<input type="radio" name="channel" value="phone" checked>Phone' in html
    assert '<input type="radio" name="channel" value="visit">Visit' in html


def test_the_error_summary_links_to_each_field(render):
    html = render("{{ ui.error_summary(form) }}", form=failed_form())
    assert words(html) == (
        "Not saved yet: 2 things to correct Part number : Enter the part number. Phone : A mobile number has 11 digits."
    )
    assert '<a href="#code">' in html
    assert '<a href="#phone">' in html
    assert render("{{ ui.error_summary(form) }}", form=Sample()) == ""


def test_the_error_summary_escapes_what_was_typed(render):
    form = failed_form()
    form.code.errors = ["“<script>” is no part number."]
    assert "<script>" not in render("{{ ui.error_summary(form) }}{{ ui.field(form.code) }}", form=form)


GATES = [
    Gate("cause", "Root cause given", open=False, hint="Quality"),
    Gate("reply", "Reply to the customer", url="/reply", action="Reply"),
    Gate("x", "Module “Stock” could not check", broken=True),
]


def test_open_conditions_come_first_and_lead_to_where_they_are_met(render):
    html = render("{{ ui.gate_list(gates) }}", gates=GATES)
    assert words(html) == (
        "2 things missing before closing 1 / 3 Reply to the customer Reply "
        "Module “Stock” could not check Root cause given Quality"
    )
    assert '<a class="btn btn-sm" href="/reply">Reply</a>' in html


def test_a_condition_can_be_waived_only_where_the_caller_says_so(render):
    html = render("{% call(g) ui.gate_list(gates, waivable=['x']) %}<i>waive {{ g.key }}</i>{% endcall %}", gates=GATES)
    assert html.count("<i>waive") == 1
    assert "<i>waive x</i>" in html


def test_with_nothing_missing_the_record_is_ready_to_close(render):
    html = render("{{ ui.gate_list(gates) }}", gates=GATES[:1])
    assert words(html) == "Nothing is missing, ready to close 1 / 1 Root cause given Quality"


def test_a_blocked_step_links_to_what_is_missing(render):
    html = render("{{ ui.blocked('Close', 1) }}")
    assert html == '<a class="btn cntl" href="#gates">Close<span class="cnt">1 thing missing</span></a>'


def test_a_decision_says_why(render):
    decision = ui.DecisionView(
        "Free",
        "Charging",
        7,
        3,
        "ok",
        "shield-check",
        "in warranty",
        "Repair is free.",
        date(2026, 3, 1),
        "/rules/1",
        [ui.Fact("Age", "8 months", "sold 2026-04-12"), ui.Fact("Colour", "red", used=False)],
        ["If misused: charged (row 6)."],
    )
    assert words(render("{{ ui.decision_panel(d) }}", d=decision)) == (
        "Free in warranty Repair is free. Why Charging row 3 version 7, in force since 2026-03-01 Facts used "
        "Age 8 months sold 2026-04-12 Colour red If misused: charged (row 6)."
    )
    default = ui.DecisionView("Refer", "Charging", 7)
    assert "no row fitted, the table's default" in words(render("{{ ui.decision_panel(d) }}", d=default))


def test_the_timeline_says_who_changed_what_from_what_to_what(render):
    item = ui.TimelineItem(
        "Ann", "Handed on.", NOW - HOUR, changes=[("Owner", "Ann", "Bob"), ("Unit", "", "Lab"), ("Note", "x", "")]
    )
    html = render("{{ ui.timeline(items) }}", items=[item])
    assert words(html) == "Ann Today 13:20 Handed on. Owner Ann → Bob Unit Lab Note x → empty"
    assert 'datetime="2026-11-23T05:20:00+00:00"' in html
    assert words(render("{{ ui.timeline([]) }}")) == "Nothing has happened yet."


def test_pages_by_key_show_the_ends_without_links(render):
    html = render("{{ ui.pager(p) }}", p=Pager("1–50 of 1,000+", None, "?after=50"))
    assert '<span class="btn btn-sm" aria-disabled="true">' in html
    assert 'href="?after=50" rel="next"' in html
    assert render("{{ ui.pager(p) }}", p=Pager("3 records")) == ""


def test_an_action_that_changes_something_posts_with_the_token_and_asks_first(render):
    html = render(
        "{{ ui.action(a) }}", a=ui.Action("Drop", "/drop", post=True, kind="danger", confirm="Drop the draft?")
    )
    assert '<form method="post" action="/drop" class="inl-form" data-confirm="Drop the draft?">' in html
    assert '<input type="hidden" name="csrf_token" value="TOKEN">' in html


def test_attributes_of_a_button_are_escaped(render):
    html = render("{{ ui.button('Go', name='x', data_note=note, disabled=true, hidden=false) }}", note='"><b>')
    assert html == '<button class="btn" type="submit" name="x" data-note="&#34;&gt;&lt;b&gt;" disabled>Go</button>'


def test_empty_values_are_left_out_of_a_list_of_facts(render):
    rows = [("Name", "Ma"), ("Phone", ""), ("Debt", 0), ("Site", None)]
    assert words(render("{{ ui.kv(rows) }}", rows=rows)) == "Name Ma Debt 0"


# --- the frame, and errors ------------------------------------------------------------------------------------------


def frame(**over) -> SimpleNamespace:
    return SimpleNamespace(
        **{
            "company": None,
            "unit_name": "",
            "menu": [],
            "user": None,
            "languages": (("zh", "中文", "zh-CN"), ("en", "English", "en")),
            "primary_action": None,
            "search_url": "",
            "query": "",
            "chooser_url": None,
            "inbox_url": None,
            "inbox_count": 0,
            "theme": "",
            "density": "cozy",
            "keys": True,
        }
        | over
    )


@pytest.fixture
def page(app):
    """Render a whole page inside the frame."""

    def rendered(name: str, **facts) -> str:
        with app.test_request_context("/c/x"), use_locale("en"):
            return render_template(name, **facts)

    return rendered


def test_the_frame_without_company_or_person_still_stands(page):
    html = page("sanbao/base.html", shell=frame(), heading="Nothing here")
    assert "<title>Nothing here - Sanbao</title>" in html
    assert 'lang="en"' in html
    assert "data-theme" not in html.partition(">")[0]
    assert not INLINE.findall(html)


def test_the_menu_marks_the_current_page_and_says_overdue_in_words(page):
    item = {
        "label": "Complaints",
        "url": "/complaints",
        "icon": "inbox",
        "count": 3,
        "count_bad": True,
        "current": True,
    }
    html = page(
        "sanbao/base.html",
        shell=frame(
            company={"name": "Hefeng", "code": "hf"},
            menu=[{"label": "Service", "items": [item]}],
            theme="dark",
            keys=False,
            user={"name": "Ann Lee", "initials": "AL", "email": "ann@example.com"},
        ),
        heading="Home",
    )
    assert 'data-theme="dark"' in html
    assert 'data-shortcuts="off"' in html
    assert 'href="/complaints" aria-current="page"' in html
    assert "Overdue: </span>" in html
    assert "<title>Home - Hefeng - Sanbao</title>" in html


@pytest.mark.parametrize(
    ("name", "code", "title"),
    [
        ("403", 403, "You may not do this here"),
        ("404", 404, "This page can't be found"),
        ("409", 409, "Somebody was faster"),
        ("429", 429, "Too many attempts"),
        ("500", 500, "Something went wrong on our side"),
        ("other", 503, "Not available at the moment"),
    ],
)
def test_an_error_page_says_what_to_do_and_gives_a_reference(page, name, code, title):
    html = page(
        f"errors/{name}.html", shell=frame(), status=code, message="Ask Ann." if code != 500 else "", error_ref="7F3K"
    )
    assert title in Markup(html).unescape()
    assert '<span class="mono" data-error-ref>7F3K</span>' in html
    assert f"<title>{code} - Sanbao</title>" in html
    if code != 500:
        assert "Ask Ann." in html


# --- assets ---------------------------------------------------------------------------------------------------------


def test_assets_have_one_address_per_release_and_none_per_company(app):
    with app.test_request_context("/x", environ_overrides={"SCRIPT_NAME": "/c/hefeng"}):
        address = assets.asset("css/base.css")
    assert re.fullmatch(r"/static/v[0-9a-f]{10}/css/base\.css", address)
    client = app.test_client()
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    answer.close()


def test_the_files_of_flask_admin_are_served_beside_ours(app):
    with app.test_request_context():
        address = assets.vendor("vendor/jquery.min.js")
    answer = app.test_client().get(address)
    assert answer.status_code == 200
    assert answer.data == (assets.vendor_folder() / "vendor" / "jquery.min.js").read_bytes()
    answer.close()


def test_an_address_of_an_older_release_finds_the_file_but_is_not_kept(app):
    answer = app.test_client().get("/static/v0000000000/css/base.css")
    assert answer.status_code == 200
    assert "immutable" not in answer.headers["Cache-Control"]
    assert "max-age=0" in answer.headers["Cache-Control"]
    answer.close()


@pytest.mark.parametrize("path", ["css/none.css", "vendor/../ui.py", "../ui.py"])
def test_nothing_else_is_served(app, path):
    assert app.test_client().get(f"/static/v0/{path}").status_code == 404


def test_the_digest_changes_with_any_file(tmp_path):
    (tmp_path / "a.css").write_text("a")
    first = assets.digest(tmp_path)
    (tmp_path / "a.css").write_text("b")
    second = assets.digest(tmp_path)
    (tmp_path / "a.css").rename(tmp_path / "b.css")
    assert len({first, second, assets.digest(tmp_path)}) == 3


def test_every_file_that_a_sheet_or_script_refers_to_exists():
    for sheet in (assets.FOLDER / "css").glob("*.css"):
        for target in re.findall(r'url\("([^")]+)"\)', sheet.read_text(encoding="utf-8")):
            path = target.removeprefix("../")
            theirs = path.startswith("vendor/")
            found = assets.vendor_folder() / path.removeprefix("vendor/") if theirs else assets.FOLDER / path
            assert found.is_file(), (sheet.name, target)
    for script in (assets.FOLDER / "js").glob("*.js"):
        for target in re.findall(r"from '\./([^']+)'", script.read_text(encoding="utf-8")):
            assert (assets.FOLDER / "js" / target).is_file(), (script.name, target)
    sheets = {path.stem for path in (assets.FOLDER / "css").glob("*.css")}
    assert sheets == {*assets.STYLES, "vendor", "admin", "open"}
