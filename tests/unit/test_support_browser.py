"""The browser fixtures: what they show the page, and that errors on a page do not pass unseen."""

import pytest
from flask import Flask

from tests.support.browser import PageErrors, accessibility_violations
from tests.support.server import serve

GOOD = '<!doctype html><html lang="zh-Hans"><title>页</title><main><h1>三包</h1><label>号码 <input></label></main>'


@pytest.fixture
def site():
    app = Flask(__name__)
    pages = {
        "good": GOOD,
        "refused": GOOD + "<script>document.title = 'inline'</script>",
        "broken": GOOD + '<script src="/files/broken.js"></script>',
        "lacking": GOOD + '<script src="/files/absent.js"></script>',
        "long": GOOD.replace("</main>", f"<table>{'<tr><td><img src=data:,>' * 9}</table></main>"),
        "unlabelled": GOOD + "<input><img src='data:,'>",
    }

    @app.get("/<name>")
    def show(name):
        return (pages[name], 200, {"Content-Security-Policy": "default-src 'self'; img-src 'self' data:"})

    @app.get("/favicon.ico")
    def icon():
        return "", 204

    @app.get("/files/broken.js")
    def broken():
        return "nobody.knows.this()", 200, {"Content-Type": "text/javascript"}

    @app.get("/status/<int:code>")
    def status(code):
        return GOOD, code

    with serve(app) as address:
        yield address


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("refused", ["Content Security Policy"]),
        ("broken", ["script error: nobody is not defined"]),
        ("lacking", ["404: GET", "/files/absent.js"]),
    ],
)
def test_errors_on_a_page_are_collected(site, new_context, name, expected):
    errors = PageErrors()
    page = new_context().new_page()
    errors.watch(page)
    page.goto(f"{site}/{name}")
    page.wait_for_load_state("networkidle")
    assert len(errors.found) == 1
    assert all(words in errors.found[0] for words in expected)
    assert page.title() == "页"


def test_visiting_a_page_that_is_not_there_is_no_error(site, page, page_errors):
    assert page.goto(f"{site}/status/404").status == 404
    assert page_errors.found == []


def test_an_expected_error_can_be_allowed(site, new_context):
    errors = PageErrors(allowed=(r"absent\.js",))
    page = new_context().new_page()
    errors.watch(page)
    page.goto(f"{site}/lacking")
    assert errors.found == []


@pytest.mark.parametrize(("viewport", "width"), [("desktop", 1440), ("phone", 390)], indirect=["viewport"])
@pytest.mark.parametrize(("language", "asked"), [("zh", "zh-CN"), ("en", "en-GB")], indirect=["language"])
@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)], indirect=["scheme"])
def test_a_page_sees_the_screen_the_language_and_the_scheme(site, page, viewport, width, language, asked, scheme, dark):
    page.goto(f"{site}/good")
    assert page.evaluate("[innerWidth, navigator.language, matchMedia('(prefers-color-scheme: dark)').matches]") == [
        width, asked, dark,
    ]


def test_accessibility_is_checked(site, page):
    page.goto(f"{site}/good")
    assert accessibility_violations(page) == []
    page.goto(f"{site}/unlabelled")
    found = accessibility_violations(page, without=("target-size",))  # as the browser's own font has it
    assert sorted(each.split(":")[0] for each in found) == ["image-alt", "label"]


def test_of_a_long_list_the_first_six_rows_are_checked(site, page):
    page.goto(f"{site}/long")
    assert [each.split(":")[0] for each in accessibility_violations(page)] == ["image-alt"] * 6
