"""The developer's command for catalogues."""

import os
from pathlib import Path

import pytest

from core.i18n import _load, catalogue_path, main


@pytest.fixture
def package(tmp_path):
    """Write a package with one message, and its Chinese."""

    def write(name, message, chinese):
        folder = tmp_path / name
        catalogue = catalogue_path(folder)
        catalogue.parent.mkdir(parents=True)
        (folder / "plugin.py").write_text(f"from core.api import _\n\nprint(_({message!r}))\n")
        catalogue.write_text(
            f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8"\n\nmsgid "{message}"\nmsgstr "{chinese}"\n'
        )
        return str(folder)

    return write


def test_in_a_folder_without_packages_it_says_so_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for verb in ("update", "check", "compile"):
        assert main([verb]) == 2
        said = capsys.readouterr().out
        assert said.startswith("no package at ")
        assert "the project's folder" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["check", "update"])
def test_a_message_with_two_chinese_texts_is_told_with_both_and_their_packages(package, capsys, verb):
    folders = package("pumps", "Bleed it", "排气"), package("valves", "Bleed it", "放水")
    assert main([verb, *folders]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "'Bleed it' is 排气 in pumps but 放水 in valves: agree on one, or give one of them English of its own"
    ]


def test_a_package_alone_is_compared_with_those_that_come_with_the_product(package, capsys):
    assert main(["check", package("pumps", "Technician", "机修工")]) == 1
    assert "'Technician' is 机修工 in pumps but " in capsys.readouterr().out
    assert main(["check", package("valves", "Bleed it", "放水")]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("later", "said"), [(1, "先前"), (60, "之后")])
def test_a_source_written_with_its_catalogue_is_not_read_again_and_one_edited_since_is(package, later, said):
    folder = Path(package("probe", "Probe of sources", "先前"))
    main(["compile", str(folder)])
    source = catalogue_path(folder)
    source.write_text(source.read_text().replace("先前", "之后"))
    compiled = source.with_suffix(".mo").stat().st_mtime
    os.utime(source, (compiled + later, compiled + later))
    assert _load(source)["Probe of sources"] == said
