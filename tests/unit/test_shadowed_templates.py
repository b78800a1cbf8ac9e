"""The templates of Flask-Admin that ours take the place of. When an upgrade changes one of them, this fails: compare
the new original with ours, follow what matters, then pin the new hash."""

import hashlib
from pathlib import Path

import flask_admin
import jinja2
import pytest

from core.web import assets

OURS = assets.FOLDER.parent / "templates"
ORIGINALS = Path(flask_admin.__file__).parent / "templates" / "bootstrap4"

SHADOWED = {
    "admin/actions.html": "685288ebd9108462ae72a04b894303142f1f6b953834295a85f4c4e8d233a514",
    "admin/base.html": "a6add6a45c2ac3c55046ea283318e719269ac7b4e181cc3787904db53b8aaea4",
    "admin/index.html": "93b932a94ef2ef1facb1c94279345c6c9cf97fdb792b1bbb487a23ceab9356e5",
    "admin/lib.html": "21a2c36fee3e19840985344119f1f84b9330b0c60c00102958e3f652d38194fb",
    "admin/model/inline_list_base.html": "9385d36000f838cdc0cd90bc310baa5a6e328c738b9ff862f36c75661e1df23b",
    "admin/model/layout.html": "9801f7f6e21b6dfef6231ea0a2e297ff9903692e894ac1f72e84bd6dddea8cbe",
    "admin/model/row_actions.html": "4dc1ade152ecd029860ea8248d10d60ec558571d798ccb20017cd2cc4bb42a7d",
}

RELIED_ON = {
    "admin/master.html": "54ebe2fb7e4c2e1850d81f85552a44a428525419be60f8dcd60a30168e8f52eb",
    "admin/model/inline_field_list.html": "67e95cc8006c11c5795fc200ae97c5ff0345c04c5895b05f10742006d7eef27a",
    "admin/model/inline_form.html": "7c67695b482cae3de0c1c26ff8cbc078346d76990d17a37abba35e1abaffa582",
    "admin/model/list.html": "21003d92feb9a75c9cbb3b816b2ebdd5e8479917edac2483c803561c5cfb5159",
    "admin/model/create.html": "8930a13e4d81cd59811ff487314156efa07ebd078471edeca5a97212e145cff2",
    "admin/model/edit.html": "b606efe0a695ead26c97616afacbe16ac1a83dcdfec0caeea1888515be7724d0",
    "admin/model/details.html": "c4aa5d6ca9b9b82d52b9bf97e93ea34fa678da0bc181afdf618d4bab5ed5a04f",
    "admin/js/form.js": "1197b5648ef137a8a8de5c0d7cc3e237f31823b075733d835248addda567921a",
    "admin/js/bs4_filters.js": "96b81607e075be9d6bb7bec658b55705fb7ed06e70a25734fde3074a3a5a338c",
    "admin/js/helpers.js": "948ac8b7cee0058ae7e9563838adc1598bc4f68f526c6d98ebfeda11954e911a",
}
"""Originals that we extend or whose markup our templates and script depend on."""


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", SHADOWED)
def test_the_original_of_a_shadowed_template_is_unchanged(name):
    assert sha256(ORIGINALS / name) == SHADOWED[name]


@pytest.mark.parametrize("name", RELIED_ON)
def test_what_our_templates_build_on_is_unchanged(name):
    base = ORIGINALS if name.endswith(".html") else assets.vendor_folder()
    assert sha256(base / name) == RELIED_ON[name]


def test_every_template_that_we_shadow_is_pinned():
    ours = {path.relative_to(OURS).as_posix() for path in (OURS / "admin").rglob("*.html")}
    assert {name for name in ours if (ORIGINALS / name).exists()} == set(SHADOWED)


def macros(source: str) -> dict[str, list[str]]:
    """Macro name → its arguments, in order."""
    tree = jinja2.Environment(autoescape=True).parse(source)
    return {m.name: [a.name for a in m.args] for m in tree.find_all(jinja2.nodes.Macro)}


@pytest.mark.parametrize(
    "name",
    [
        "admin/lib.html",
        "admin/actions.html",
        "admin/model/row_actions.html",
        "admin/model/layout.html",
        "admin/model/inline_list_base.html",
    ],
)
def test_ours_offers_every_macro_of_the_original_with_the_same_arguments(name):
    theirs = macros((ORIGINALS / name).read_text(encoding="utf-8"))
    ours = macros((OURS / name).read_text(encoding="utf-8"))
    for macro, arguments in theirs.items():
        assert ours[macro] == arguments, macro


def test_the_frame_keeps_the_blocks_that_flask_admin_fills_in():
    tree = jinja2.Environment(autoescape=True).parse((OURS / "sanbao" / "base.html").read_text(encoding="utf-8"))
    assert {
        "title",
        "head_meta",
        "head_css",
        "head",
        "head_tail",
        "page_body",
        "brand",
        "main_menu",
        "menu_links",
        "access_control",
        "messages",
        "page_title",
        "body",
        "tail_js",
        "tail",
    } <= {b.name for b in tree.find_all(jinja2.nodes.Block)}
