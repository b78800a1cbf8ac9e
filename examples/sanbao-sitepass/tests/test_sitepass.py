"""What every plugin must hold."""

from core.testing_suite import PluginSuite


class TestSitepass(PluginSuite):
    plugin = "sitepass"
