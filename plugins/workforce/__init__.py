"""People and duty: skills, certificates, leave, duty rosters, backup pool, training."""
