"""What publishing asks of a release, in the project's folder and with its settings: `examine`, `dump FOLDER ALIAS...`, `load`, or
`answer HOST PATH`, which ends with 6 where the application cannot even be loaded.

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
    """Collects static files, then tells findings, databases and pending migrations; one start of Django for all of it.

    A first release migrates in the same go where there is no data yet that could be lost.
    """
    import django
    from django.conf import settings

    django.setup()
    from django.core import checks
    from django.core.management import call_command
    from django.db import connections

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
    wanted = wanted_databases(settings, connections)
    foreign = [connections[alias].display_name for alias in wanted if connections[alias].vendor != "sqlite"]
    if foreign:
        say("foreign", ", ".join(dict.fromkeys(foreign)))
    for alias in wanted:
        executor, pending = migrations_of(connections[alias])
        if pending and empty:
            try:
                call_command("migrate", interactive=False, database=alias)
            except Exception:
                traceback.print_exc()
                sys.exit(MIGRATION_FAILED)
            continue
        if pending:
            say("migrate", alias)
        # Where there is one database alone, nobody asks for its name.
        which = f"{alias}: " if len(wanted) > 1 else ""
        for migration, _ in pending:
            say("pending", f"{which}{migration}")
        unknown = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
        apps = executor.loader.migrated_apps
        for app, name in sorted(key for key in unknown if key[0] in apps):
            say("unknown", f"{which}{app}.{name}")
    for alias in connections:
        if alias not in wanted:
            warn_of_left_out(connections[alias], wanted)


def is_none(database):
    """A project without a database has Django's stand-in for one."""
    return database.settings_dict["ENGINE"] == "django.db.backends.dummy"


def wanted_databases(settings, connections):
    """The names of the databases that a publish migrates."""
    wanted = [name for name in os.environ.get("LINKOVERFLOW_DATABASES", "default").split(",") if name]
    missing = [alias for alias in wanted if alias not in settings.DATABASES]
    if missing:
        sys.exit(f"Databases in [Django] of instance.config names {', '.join(missing)}; DATABASES of the settings has {', '.join(connections)}.")
    return [alias for alias in wanted if not is_none(connections[alias])]


def migrations_of(database):
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(database)
    return executor, executor.migration_plan(executor.loader.graph.leaf_nodes())


def warn_of_left_out(database, wanted):
    """As `manage.py migrate` does, a publish leaves other databases alone; whoever forgot one would learn it from a broken page."""
    from django.db import Error, router

    if is_none(database) or (database.settings_dict.get("TEST") or {}).get("MIRROR"):
        return
    try:
        _, pending = migrations_of(database)
    except Error as error:
        say("warning", f"the database {database.alias} cannot be asked for its migrations: {error}")
        return
    lacking = sorted({migration.app_label for migration, _ in pending if router.allow_migrate(database.alias, migration.app_label)})
    if lacking:
        say(
            "warning",
            f"the database {database.alias} lacks migrations of {', '.join(lacking)}: a publish migrates {', '.join(wanted)} alone, "
            "and others that Databases in [Django] of instance.config names")


# What writes a database as SQL, by the kinds that Django tells apart: programs of which one is there, options, and how large it is.
DUMPS = {
    "postgresql": (["pg_dump"], ["--clean", "--if-exists", "--no-owner"], "SELECT pg_database_size(current_database())"),
    "mysql": (
        ["mariadb-dump", "mysqldump"], ["--single-transaction", "--no-tablespaces"],
        "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = DATABASE()"),
}


def dump(folder, *aliases):
    """Writes databases that are no SQLite files as they are now, each into ALIAS.sql.gz, and tells those of which that is not done."""
    import django

    django.setup()
    from django.db import connections

    for alias in aliases:
        database = connections[alias]
        if database.vendor == "sqlite" or not database.introspection.table_names():
            continue
        try:
            dump_one(database, os.path.join(folder, f"{alias}.sql.gz"))
        except Exception as error:
            say("warning", f"the database {alias}, {database.display_name}, is not backed up before its migrations: {error}")
        else:
            say("dumped", alias)


def dump_one(database, path):
    import gzip
    import shutil
    import subprocess
    import tempfile

    if database.vendor not in DUMPS:
        raise RuntimeError("it is not known how to")
    programs, options, size = DUMPS[database.vendor]
    program = next(filter(None, map(shutil.which, programs)), None)
    if program is None:
        raise RuntimeError(f"this host has no {' and no '.join(programs)}")
    with database.cursor() as cursor:
        cursor.execute(size)
        held = int(cursor.fetchone()[0])
    free = shutil.disk_usage(os.path.dirname(path)).free
    if held > free // 2:
        raise RuntimeError(f"it holds {held >> 20} MiB, and of the {free >> 20} MiB that are free here a dump may take half")
    # What Django would start the database's own client with; a password goes by the environment, where only its own user sees it.
    arguments, variables = type(database.client).settings_to_cmd_args_env(database.settings_dict, [])
    environment = {**os.environ, **(variables or {})}
    if database.vendor == "mysql" and database.settings_dict.get("PASSWORD"):
        environment["MYSQL_PWD"] = database.settings_dict["PASSWORD"]
    arguments = [argument for argument in arguments[1:] if not argument.startswith("--password=")]
    # A file of defaults has to be named first of all.
    first = [argument for argument in arguments if argument.startswith("--defaults-file=")]
    rest = [argument for argument in arguments if argument not in first]
    new = f"{path}.new"
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file, tempfile.TemporaryFile() as said:
            with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=3) as packed:
                with subprocess.Popen(
                    [program, *first, *options, *rest], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
                ) as process:
                    shutil.copyfileobj(process.stdout, packed, 1 << 20)
            if process.returncode != 0:
                said.seek(0)
                raise RuntimeError(f"{os.path.basename(program)} ended with {process.returncode}: {said.read().decode(errors='replace').strip()}")
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    finally:
        if os.path.exists(new):
            os.remove(new)


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
        {"examine": examine, "dump": dump, "load": load, "answer": answer}[sys.argv[1]](*sys.argv[2:])
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
