"""Companies, organisation units, memberships, roles, and which plugins each company has switched on."""
