"""The tutorial's code is the sample plugin's: it parses, its names exist, its commands are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from core import api, hookspecs, reference, web_api

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs/tutorial/write-a-plugin.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TUTORIAL, flags=re.DOTALL)
SAMPLE = "".join(p.read_text("utf-8") for p in (ROOT / "examples/sanbao-sitepass").rglob("*.py"))


@pytest.mark.parametrize("block", BLOCKS, ids=[b.strip().splitlines()[0][:40] for b in BLOCKS])
def test_each_piece_of_code_parses_and_names_what_exists(block):
    tree = ast.parse(block)
    doors = {"core.api": api, "core.web_api": web_api}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in doors:
            for name in node.names:
                assert hasattr(doors[node.module], name.name), name.name
        if isinstance(node, ast.FunctionDef) and any(ast.unparse(d) == "hookimpl" for d in node.decorator_list):
            spec = reference.hooks_in(hookspecs)[node.name]
            given = [a.arg for a in node.args.args]
            assert set(given) <= set(spec.__code__.co_varnames), node.name


def test_what_it_defines_stands_in_the_sample():
    for block in BLOCKS:
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("test_"):
                kind = "class" if isinstance(node, ast.ClassDef) else "def"
                assert f"{kind} {node.name}(" in SAMPLE, node.name


def test_every_hook_of_the_sample_is_explained_or_referred_to():
    assert "(../reference/hooks.md)" in TUTORIAL
    for link in re.findall(r"\]\((\.\./[a-z/-]+\.md)\)", TUTORIAL):
        assert (ROOT / "docs/tutorial" / link).resolve().is_file(), link
