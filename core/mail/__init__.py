"""Mail: kept in the database with what caused it, handed to the mail server by the worker, never twice."""
