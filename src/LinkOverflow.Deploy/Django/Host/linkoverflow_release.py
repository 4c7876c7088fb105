"""What publishing asks of a release, in the project's folder and with its settings: `examine`, `load`, or `answer HOST PATH`,
which ends with 6 where the application cannot even be loaded.

Its lines begin with "lo:", since a project may print what it likes.
"""
import os
import sys
import traceback


def say(kind, text):
    # One line each: what Django says may have several.
    print(f"lo:{kind} {' '.join(str(text).split())}", flush=True)


# The exit code for migrations that failed.
MIGRATION_FAILED = 4


def examine(release=""):
    """Collects static files, then tells findings, SQLite files and pending migrations; one start of Django for all of it.

    A first release migrates in the same go where there is no data yet that could be lost.
    """
    import django
    from django.conf import settings

    django.setup()
    from django.core import checks
    from django.core.management import call_command
    from django.db import DEFAULT_DB_ALIAS, connections
    from django.db.migrations.executor import MigrationExecutor

    if settings.DEBUG:
        say("warning", "DEBUG is on: whoever makes the site fail sees its settings and its source.")
    errors = []
    for found in checks.run_checks(include_deployment_checks=True):
        # security.W018 is DEBUG, which is said above.
        if found.is_serious() and not found.is_silenced():
            errors.append(found)
        elif not found.is_silenced() and found.level >= checks.WARNING and found.id != "security.W018":
            say("warning", f"check --deploy: {found.id}: {found.msg}")
    if errors:
        for error in errors:
            print(f"{error.id}: {error.msg} {error.hint or ''}", file=sys.stderr)
        sys.exit("manage.py check finds errors.")
    if "django.contrib.staticfiles" in settings.INSTALLED_APPS:
        collect_static(call_command)
    empty = release == "first"
    for alias in connections:
        name = connections[alias].settings_dict["NAME"]
        if connections[alias].vendor == "sqlite":
            print(f"lo:database {alias}\t{name}", flush=True)
            empty = empty and not (os.path.exists(name) and os.path.getsize(name))
        else:
            empty = False
    database = connections[DEFAULT_DB_ALIAS]
    if database.settings_dict["ENGINE"] == "django.db.backends.dummy":
        # A project without a database has nothing to migrate.
        return
    if database.vendor != "sqlite":
        say("foreign", database.display_name)
    executor = MigrationExecutor(database)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending and empty:
        try:
            call_command("migrate", interactive=False)
        except Exception:
            traceback.print_exc()
            sys.exit(MIGRATION_FAILED)
        return
    for migration, _ in pending:
        say("pending", migration)
    unknown = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
    apps = executor.loader.migrated_apps
    for app, name in sorted(key for key in unknown if key[0] in apps):
        say("unknown", f"{app}.{name}")


def collect_static(call_command):
    from django.contrib.staticfiles.finders import get_finders

    # Debian's Django has links to scripts of packages that it merely recommends.
    missing = [
        path for finder in get_finders() for path, storage in finder.list([])
        if hasattr(storage, "base_location") and not os.path.exists(storage.path(path))
    ]
    if missing:
        say("warning", f"static files that are links to nothing: {', '.join(missing)}")
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=missing)


def load():
    try:
        from linkoverflow_wsgi import application
    except Exception:
        traceback.print_exc()
        sys.exit(6)
    return application


def answer(host, path):
    """Asks the application itself, without a server: what a health check would get."""
    from wsgiref.util import setup_testing_defaults

    from django.core.signals import got_request_exception
    application = load()

    def show(**_):
        traceback.print_exc()

    got_request_exception.connect(show, weak=False)
    name, _, port = host.rpartition(":")
    path, _, query = path.partition("?")
    environ = {
        "HTTP_HOST": host, "SERVER_NAME": name, "SERVER_PORT": port, "REMOTE_ADDR": "127.0.0.1",
        "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": "GET",
    }
    setup_testing_defaults(environ)
    status = []
    body = application(environ, lambda line, headers, exc_info=None: status.append(line))
    list(body)
    getattr(body, "close", lambda: None)()
    if not 200 <= int(status[0].split()[0]) < 400:
        sys.exit(f"{path} answers {status[0]}")


if __name__ == "__main__":
    # Loaded threads of the project must not keep this process.
    try:
        {"examine": examine, "load": load, "answer": answer}[sys.argv[1]](*sys.argv[2:])
        code = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
