"""An industry profile: data only. See profile.yaml."""
