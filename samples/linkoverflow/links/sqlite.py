"""How SQLite keeps its data."""
from django.db import OperationalError


def write_ahead_log(sender, connection, **kwargs):
    """With a write-ahead log readers and the writer don't wait for each other."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            try:
                cursor.execute("PRAGMA journal_mode = WAL")
            except OperationalError:
                # SQLite doesn't wait for its turn here ("database is locked"):
                # somebody else turns it on in this moment, or the next one will.
                pass
            # Safe with a write-ahead log, and saves a flush to disk per vote.
            cursor.execute("PRAGMA synchronous = NORMAL")
