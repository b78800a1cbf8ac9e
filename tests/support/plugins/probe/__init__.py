"""A plugin for tests of the core and of the worker: items, notes on them, and what its handler did."""
