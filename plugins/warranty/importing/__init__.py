"""Loading records of warranty from files, a module per part."""
