"""The suite that every plugin inherits, on the core and on the plugins that ship with it."""

from __future__ import annotations

from core.testing_suite import CoreSuite, PluginSuite


class TestCore(CoreSuite):
    plugin = "core"


class TestBase(PluginSuite):
    plugin = "base"


class TestComplaints(PluginSuite):
    plugin = "complaints"


def test_every_plugin_inherits_the_suite(registry):
    tested = {cls.plugin for cls in (TestBase, TestComplaints)}
    assert set(registry.plugins) <= tested
