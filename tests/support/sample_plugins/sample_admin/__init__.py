"""A plugin for tests of lists and forms: categories and gadgets."""
