"""Approvals: a transition of any record may need the consent of others, by the company's own rules."""
