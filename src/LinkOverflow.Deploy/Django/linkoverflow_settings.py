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

# A SQLite file inside the project would be lost with the release.
_release = Path(__file__).resolve().parent
DATABASES = {alias: dict(database) for alias, database in (globals().get("DATABASES") or {}).items()}
for _alias, _database in DATABASES.items():
    if _database.get("ENGINE") == "django.db.backends.sqlite3":
        _file = Path(_database["NAME"])
        if _release in (_release / "project" / _file).resolve().parents:
            _database["NAME"] = str(_shared / ("db.sqlite3" if _alias == "default" else _file.name))

if not globals().get("STATIC_ROOT"):
    STATIC_ROOT = str(_shared / "static")
