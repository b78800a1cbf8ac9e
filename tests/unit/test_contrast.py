"""Contrast of the colours, computed from the style sheet: WCAG 2.2, 1.4.3 (text) and 1.4.11 (edges, focus)."""

import re

import pytest

from core.web.assets import FOLDER

SHEET = (FOLDER / "css" / "tokens.css").read_text(encoding="utf-8")
TEXT, EDGE = 4.5, 3.0

READ_ON = {
    "text": "surface bg sunken hover mark bad-soft warn-soft ok-soft info-soft",
    "text-2": "surface bg side sunken mark",
    "text-3": "surface bg sunken side hover",
    "link": "surface bg accent-soft",
    "on-accent": "accent",
    "on-solid": "bad-solid warn-solid ok-solid",
    "bad": "surface side bad-soft",
    "warn": "surface warn-soft",
    "ok": "surface ok-soft",
    "info": "info-soft",
}
SEEN_ON = {"ctl": "surface bg", "focus": "surface bg"}

PAIRS = [(front, back, TEXT) for front, backs in READ_ON.items() for back in backs.split()]
PAIRS += [(front, back, EDGE) for front, backs in SEEN_ON.items() for back in backs.split()]


def block(opening: str) -> dict[str, str]:
    """The custom properties of the rule that begins with ``opening``."""
    start = SHEET.index(opening) + len(opening)
    return dict(re.findall(r"(--[\w-]+):\s*([^;]+);", SHEET[start : SHEET.index("}", start)]))


LIGHT = block(":root {")
DARK = block(':root[data-theme="dark"] {')
THEMES = {"light": LIGHT, "dark": LIGHT | DARK}


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "back", "minimum"), PAIRS, ids=lambda v: str(v))
def test_colours_can_be_told_apart(theme, front, back, minimum):
    colours = THEMES[theme]
    assert contrast(colours[f"--c-{front}"], colours[f"--c-{back}"]) >= minimum


def test_a_dark_system_shows_the_same_colours_as_the_dark_switch():
    assert block(":root:not([data-theme]) {") == DARK


def test_the_dark_theme_changes_every_colour_except_what_stands_on_solid_fills():
    colours = {name for name, value in LIGHT.items() if value.startswith("#")}
    assert colours - set(DARK) == {"--c-on-solid"}


def test_other_sheets_use_tokens_and_no_colours_of_their_own():
    allowed = {"#fff", "#000"}
    for sheet in (FOLDER / "css").glob("*.css"):
        if sheet.name != "tokens.css":
            found = set(re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s])", sheet.read_text(encoding="utf-8")))
            assert found <= allowed, sheet.name
