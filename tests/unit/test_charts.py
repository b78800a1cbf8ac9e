"""Charts: what is drawn, what is said to those who don't see it, and that nothing needs an inline style."""

import re

import pytest

from core.i18n import use_locale
from core.web import charts
from core.web.charts import Bar, Share


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


def widths(drawing: str, kind: str) -> list[float]:
    return [float(w) for w in re.findall(rf'<rect [^>]*width="([\d.]+)"[^>]*class="{kind}"', drawing)]


def heights(drawing: str, kind: str) -> list[float]:
    return [float(h) for h in re.findall(rf'<rect [^>]*height="([\d.]+)"[^>]*class="{kind}"', drawing)]


DRAWINGS = {
    "lying": lambda bars: charts.lying_bars("By category", bars),
    "columns": lambda bars: charts.columns("By week", bars),
    "pareto": lambda bars: charts.pareto("Causes", bars),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_chart_is_one_image_that_says_its_values_and_has_no_inline_style(draw):
    drawing = draw([Bar("quality", 40), Bar("packaging", 10)])
    assert 'role="img"' in drawing
    assert "style=" not in drawing
    assert "<desc>quality 40; packaging 10</desc>" in drawing


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_what_users_typed_is_escaped(draw):
    assert "<script>" not in draw([Bar("<script>alert(1)</script>", 3), Bar("b", 1)])


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_nothing_to_draw_is_still_a_chart(draw):
    assert 'role="img"' in draw([])
    assert 'role="img"' in draw([Bar("quality", 0)])


def test_lying_bars_are_as_long_as_their_share_of_the_longest_and_mark_the_period_before():
    drawing = charts.lying_bars("By category", [Bar("quality", 40, 20), Bar("packaging", 10, 0)])
    assert widths(drawing, "b1") == [190.0, 47.5]
    assert re.findall(r'<line x1="([\d.]+)"[^>]*class="min"', drawing) == ["213.0", "118.0"]


def test_a_long_name_is_cut_and_still_there_in_full():
    name = "Combine harvester with a very long name"
    drawing = charts.lying_bars("By product", [Bar(name, 1)])
    assert "Combine harvest…" in drawing
    assert f"<title>{name}: 1</title>" in drawing


def test_columns_stand_in_the_order_given_and_leave_out_names_that_have_no_room():
    drawing = charts.columns("By week", [Bar(f"w{n}", n) for n in range(1, 17)])
    tall = heights(drawing, "b1")
    assert tall == sorted(tall)
    assert len(tall) == 16
    names = re.findall(r">(w\d+)</text>", drawing)
    assert names[-1] == "w16"
    assert len(names) == 6


def test_the_causes_that_make_eighty_per_cent_stand_out():
    drawing = charts.pareto("Causes", [Bar("a", 60), Bar("b", 25), Bar("c", 10), Bar("d", 5)])
    assert (len(heights(drawing, "b1")), len(heights(drawing, "b5"))) == (2, 2)
    assert drawing.count('class="p2"') == 4


def test_of_many_causes_the_last_ones_are_put_together():
    drawing = charts.pareto("Causes", [Bar(f"c{n}", 20 - n) for n in range(10)])
    assert "others 50" in drawing
    assert "c6" not in drawing


def test_shares_below_the_target_have_another_colour():
    rows = [Share("Answer", 52, 100), Share("Solution", 97, 100), Share("Nothing yet", 0, 0)]
    drawing = charts.shares("Time limits kept", rows, target=95)
    assert (len(widths(drawing, "b1")), len(widths(drawing, "b2"))) == (2, 1)
    assert "52%" in drawing
    assert "target 95 %" in drawing
    assert "Answer 52 / 100" in drawing


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (5, 3, "2 more than in the period before"),
        (3, 5, "2 fewer than in the period before"),
        (3, 3, "as many as in the period before"),
    ],
)
def test_a_change_is_said_in_words(now, before, words):
    assert charts.change_words(now, before) == words
