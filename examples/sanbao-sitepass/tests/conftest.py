"""The suite's fixtures: ``registry``, ``house``, ``empty_url``, ``suite_databases``."""

pytest_plugins = ["core.testing_suite.fixtures"]
