"""The core of Sanbao: companies, accounts, plugins, rules as data, clocks, events. No word of any business in it."""

__version__ = "0.1.0"
