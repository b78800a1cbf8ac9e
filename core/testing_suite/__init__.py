"""The tests that every plugin inherits, so that strangers prove the same as those who ship with the product.

In a plugin's own tests, with ``pytest_plugins = ["core.testing_suite.fixtures"]`` in its ``conftest.py``::

    from core.testing_suite import PluginSuite

    class TestMyPlugin(PluginSuite):
        plugin = "myplugin"

They run the installed plugin in a house of two companies: ``north``, filled by the hook ``demo_data``, and ``south``,
with a few rows whose every text carries a mark. What they hold is in docs/reference/plugin-suite.md.
"""

import pytest

_PARTS = (
    "attaching",
    "editing",
    "erasing",
    "importing",
    "lists",
    "messages",
    "migrating",
    "odd",
    "opening",
    "paging",
    "reading",
    "referring",
    "rights",
    "scoping",
    "switching",
    "waiting",
    "wording",
)
pytest.register_assert_rewrite(*(f"core.testing_suite.{part}" for part in _PARTS))

from core.testing_suite.attaching import AttachSuite  # noqa: E402 - only after the above
from core.testing_suite.editing import EditSuite  # noqa: E402
from core.testing_suite.erasing import EraseSuite  # noqa: E402
from core.testing_suite.importing import ImportSuite  # noqa: E402
from core.testing_suite.lists import ListSuite  # noqa: E402
from core.testing_suite.messages import MessageSuite  # noqa: E402
from core.testing_suite.migrating import MigrationSuite  # noqa: E402
from core.testing_suite.odd import OddSuite  # noqa: E402
from core.testing_suite.opening import OpenSuite  # noqa: E402
from core.testing_suite.paging import PageSuite  # noqa: E402
from core.testing_suite.reading import CodeSuite  # noqa: E402
from core.testing_suite.referring import ReferSuite  # noqa: E402
from core.testing_suite.rights import RightsSuite  # noqa: E402
from core.testing_suite.scoping import ScopeSuite  # noqa: E402
from core.testing_suite.switching import SwitchSuite  # noqa: E402
from core.testing_suite.waiting import WaitSuite  # noqa: E402
from core.testing_suite.wording import WordSuite  # noqa: E402

__all__ = ["CoreSuite", "PluginSuite"]


class CoreSuite(
    CodeSuite, WordSuite, MigrationSuite, RightsSuite, ScopeSuite, PageSuite, EditSuite, EraseSuite, ListSuite,
    ReferSuite, OddSuite,
):
    """What the core and every plugin must hold."""


class PluginSuite(CoreSuite, OpenSuite, SwitchSuite, ImportSuite, AttachSuite, MessageSuite, WaitSuite):
    """What every plugin must hold."""
