"""Events that warranty answers to, a module per part."""
