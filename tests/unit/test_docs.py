"""The pages for people are true: their links lead somewhere, and the commands they name exist."""

import re
from pathlib import Path

import click
import pytest

from core.cli import main

ROOT = Path(__file__).resolve().parents[2]
FENCED = re.compile(r"^```.*?^```$", flags=re.DOTALL | re.MULTILINE)
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("plugins/**/README.md")])


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_between_pages_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_that_a_page_names_exist(page):
    text = commands_in(page.read_text(encoding="utf-8"))
    named = re.findall(r"(?:^|[ `/])sanbao ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", text)
    assert [f"sanbao {first} {second}" for first, second in named if not exists(first, second)] == []


BOTH = [page for page in sorted((ROOT / "docs/howto").glob("*.md")) if not page.name.endswith(".zh-CN.md")]
BOTH.append(ROOT / "docs/tutorial/first-steps.md")


@pytest.mark.parametrize("page", BOTH, ids=page_id)
def test_pages_for_users_are_in_chinese_with_the_same_parts_and_commands(page):
    twin = page.with_name(page.name.replace(".md", ".zh-CN.md"))
    assert twin.exists(), f"{page.name} has no Chinese page beside it"
    english, chinese = page.read_text(encoding="utf-8"), twin.read_text(encoding="utf-8")
    assert headings(chinese) == headings(english)
    assert blocks_of_code(chinese) == blocks_of_code(english)
    assert (f"]({twin.name})" in english, f"]({page.name})" in chinese) == (True, True)
    assert len(re.findall(r"[\u4e00-\u9fff]", chinese)) > 100


def test_no_chinese_page_for_users_lacks_its_english_one_and_the_chinese_readme_leads_to_each():
    twins = {page.with_name(page.name.replace(".md", ".zh-CN.md")) for page in BOTH}
    assert set((ROOT / "docs/howto").glob("*.zh-CN.md")) <= twins
    readme = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    assert [page_id(twin) for twin in sorted(twins) if f"]({page_id(twin)})" not in readme] == []


def headings(text: str) -> list[int]:
    """The level of each heading, in order."""
    return [len(marks) for marks in re.findall(r"^(#+) ", re.sub(FENCED, "", text), flags=re.MULTILINE)]


def blocks_of_code(text: str) -> list[str]:
    """Fenced blocks and indented lines, in order."""
    return re.findall(FENCED, text) + re.findall(r"^ {4,}\S.*$", re.sub(FENCED, "", text), flags=re.MULTILINE)


def commands_in(text: str) -> str:
    """Only what stands in code: indented or fenced blocks, and between backquotes."""
    blocks = re.findall(r"^ {4,}\S.*$", text, flags=re.MULTILINE) + re.findall(r"```.*?```", text, flags=re.DOTALL)
    return "\n".join(blocks + re.findall(r"`[^`\n]+`", text))


def exists(first: str, second: str) -> bool:
    command = main.get_command(click.Context(main), first)
    below = getattr(command, "commands", None)
    return command is not None and (not below or not second or second in below)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_targets_of_make_that_a_page_names_exist(page):
    makefile = (ROOT / "Makefile").read_text()
    named = re.findall(r"\bmake ([a-z][a-z-]+)\b", commands_in(page.read_text(encoding="utf-8")))
    assert [target for target in named if f"\n{target}:" not in makefile] == []


def test_folders_that_the_readme_names_exist():
    for page in ("README.md", "README.zh-CN.md"):
        folders = re.findall(r"^\| `([a-z]+/)` \|", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert len(folders) == 6
        assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []
