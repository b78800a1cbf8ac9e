"""Accounts: people, sign-in, second factor, lock-out, and what they may do where."""
