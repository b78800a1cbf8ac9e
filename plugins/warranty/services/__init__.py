"""The verbs of warranty, a module per part: the only writers."""
