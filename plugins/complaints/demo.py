"""Believable complaints for demonstration companies."""


def fill(ctx, seed):
    """Filled in below."""
