"""What is installed counts, not what an earlier build left beside the code."""

from __future__ import annotations

import sys

from core.entry_points import offered

POINTS = "[sanbao.things]\n{name} = {name}.plugin\n"


def _distribution(folder, kind: str, name: str) -> None:
    info = folder / f"things-1.0.{kind}"
    info.mkdir(parents=True)
    (info / ("METADATA" if kind == "dist-info" else "PKG-INFO")).write_text("Metadata-Version: 2.1\nName: things\n")
    (info / "entry_points.txt").write_text(POINTS.format(name=name))


def test_what_an_earlier_build_left_beside_the_code_hides_nothing(tmp_path, monkeypatch):
    _distribution(tmp_path / "code", "egg-info", "old")
    _distribution(tmp_path / "site", "dist-info", "new")
    for first, second in (("code", "site"), ("site", "code")):
        monkeypatch.setattr(sys, "path", [str(tmp_path / first), str(tmp_path / second), *sys.path])
        assert [(e.name, e.module) for e in offered("sanbao.things")] == [("new", "new.plugin")]


def test_a_folder_of_code_that_was_never_installed_elsewhere_still_counts(tmp_path, monkeypatch):
    _distribution(tmp_path, "egg-info", "only")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert [e.name for e in offered("sanbao.things")] == ["only"]
