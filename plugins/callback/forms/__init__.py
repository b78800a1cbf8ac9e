"""Forms of callback, a module per part."""
