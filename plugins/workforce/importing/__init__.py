"""Loading records of workforce from files, a module per part."""
