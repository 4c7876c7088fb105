"""The project's own settings, fitted to the host from outside, so that no file of the project has to be changed."""
import importlib
import os
from pathlib import Path

_shared = Path(os.environ["LINKOVERFLOW_SHARED"])
_secret_key = (_shared / "secret_key").read_text().strip()
# For projects that take their key from the environment.
os.environ.setdefault("DJANGO_SECRET_KEY", _secret_key)
os.environ.setdefault("SECRET_KEY", _secret_key)

_project = importlib.import_module(os.environ["LINKOVERFLOW_SETTINGS"])
globals().update({name: getattr(_project, name) for name in dir(_project) if name.isupper()})

# The key that `startproject` writes is in the project's repository, so it is nobody's secret.
if not globals().get("SECRET_KEY") or SECRET_KEY.startswith("django-insecure-"):
    SECRET_KEY = _secret_key

ALLOWED_HOSTS = list(globals().get("ALLOWED_HOSTS") or [])
if "*" not in ALLOWED_HOSTS:
    ALLOWED_HOSTS += [
        host for host in os.environ.get("DJANGO_ALLOWED_HOSTS", "").split(",") if host and host not in ALLOWED_HOSTS
    ]

# A SQLite file inside the project would be lost with the release; a shared path leads out of it.
_release = Path(__file__).resolve().parent
_copies = os.environ.get("LINKOVERFLOW_DATABASE_COPIES")
DATABASES = {alias: dict(database) for alias, database in (globals().get("DATABASES") or {}).items()}
_places = {}
for _alias in sorted(DATABASES, key=lambda alias: alias != "default"):
    _database = DATABASES[_alias]
    # Django's own, GeoDjango's, and what wraps one of them.
    if str(_database.get("ENGINE")).endswith((".sqlite3", ".spatialite")):
        _file = (_release / "project" / _database["NAME"]).resolve()
        if _release in _file.parents:
            _place = _shared / ("db.sqlite3" if _alias == "default" else _file.name)
            # Files of one name in different folders stay different files.
            if _places.setdefault(_place, _file) != _file:
                _place = _shared / f"{_alias}.sqlite3"
            _database["NAME"] = str(_place)
        else:
            _database["NAME"] = str(_file)
        # A release is tried on copies before it may touch what is in use.
        if _copies:
            _database["NAME"] = str(Path(_copies, f"{_alias}.sqlite3"))

# Static files belong to a release, unless the project collects them where something else serves them.
_static = globals().get("STATIC_ROOT")
if not _static or _release in (_release / "project" / _static).resolve().parents:
    STATIC_ROOT = str(_release / "static")
