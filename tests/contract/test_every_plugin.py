"""The suite that every plugin inherits, on the core and on the plugins that ship with it."""

from __future__ import annotations

from core.testing_suite import CoreSuite, PluginSuite


class TestCore(CoreSuite):
    plugin = "core"
    chinese_in_code = {
        "demo.py": "names of people and places",
        "auth/*.py": "languages are called by their own names",
        "web/shell.py": "languages are called by their own names",
        "decisions/celltext.py": "reads cells typed in Chinese",
        "decisions/words.py": "sets blanks between Chinese and Latin letters",
        "web/settings_pages.py": "reads hours typed in Chinese",
        "transfer.py": "reads yes and no in files, in Chinese",
        "import_guess.py": "reads dates written in Chinese",
    }


class TestBase(PluginSuite):
    plugin = "base"
    chinese_in_code = {
        "demo.py": "names of people and places",
        "rules.py": "reads extensions typed in Chinese",
        "importers.py": "knows columns by their Chinese names",
    }


class TestComplaints(PluginSuite):
    plugin = "complaints"
    chinese_in_code = {
        "demo.py": "names of people and places",
        "importer.py": "knows columns by their Chinese names",
    }
    moves_when_switched = {
        "complaints_complaint.urgent_at": "its clocks stood still meanwhile",
        "complaints_complaint.version": "counts the change of the deadline",
        "complaints_action.urgent_at": "its clocks stood still meanwhile",
        "complaints_action.version": "counts the change of the deadline",
    }


def test_every_plugin_inherits_the_suite(registry):
    tested = {cls.plugin for cls in (TestBase, TestComplaints)}
    assert set(registry.plugins) <= tested
