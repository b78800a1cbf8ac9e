"""The developer's command for catalogues."""

import pytest

from core.i18n import catalogue_path, main


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
