"""Reads the environment variables that README.md lists."""
import os

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key


def text(name, default=""):
    """The variable's text; a variable set to nothing counts as not set."""
    return os.environ.get(name, "").strip() or default


def flag(name, default):
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    # A typing error must not switch debugging on, nor silently leave it off.
    raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")


def items(name):
    """The parts of a comma-separated variable."""
    return [item.strip() for item in text(name).split(",") if item.strip()]


def secret_key(debug):
    key = text("DJANGO_SECRET_KEY")
    if key:
        return key
    if debug:
        # Nobody can know it, and it's gone with the process: every restart of
        # the development server logs everybody out, and nothing worse.
        return get_random_secret_key()
    raise ImproperlyConfigured(
        "DJANGO_SECRET_KEY is not set. With DJANGO_DEBUG=0 the site needs a long "
        "random secret of its own, the same for every process and every release."
    )
