"""How SQLite keeps its data."""


def write_ahead_log(sender, connection, **kwargs):
    """With a write-ahead log readers and the writer don't wait for each other."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode = WAL")
            # Safe with a write-ahead log, and saves a flush to disk per vote.
            cursor.execute("PRAGMA synchronous = NORMAL")
