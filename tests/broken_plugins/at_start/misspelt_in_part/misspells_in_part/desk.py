"""What this plugin shows."""


def home_notices(ctx):
    return []


def home_figurs(ctx):
    return []
