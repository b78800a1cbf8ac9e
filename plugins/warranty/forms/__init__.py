"""Forms of the pages of warranty, a module per part."""
