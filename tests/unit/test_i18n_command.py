"""The developer's command for catalogues."""

from core.i18n import main


def test_in_a_folder_without_packages_it_says_so_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for verb in ("update", "check", "compile"):
        assert main([verb]) == 2
        said = capsys.readouterr().out
        assert said.startswith("no package at ")
        assert "the project's folder" in said
    assert list(tmp_path.iterdir()) == []
