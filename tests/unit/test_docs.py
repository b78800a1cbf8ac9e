"""The pages for people are true: their links lead somewhere, and the commands they name exist."""

import re
from pathlib import Path

import pytest

from core.cli import main

ROOT = Path(__file__).resolve().parents[2]
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


def commands_in(text: str) -> str:
    """Only what stands in code: indented or fenced blocks, and between backquotes."""
    blocks = re.findall(r"^ {4,}\S.*$", text, flags=re.MULTILINE) + re.findall(r"```.*?```", text, flags=re.DOTALL)
    return "\n".join(blocks + re.findall(r"`[^`\n]+`", text))


def exists(first: str, second: str) -> bool:
    command = main.commands.get(first)
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
