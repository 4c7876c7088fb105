"""
Django settings for LinkOverflow, for Django 3.2 up to 5.x.

With no environment variable set the site runs in development mode. README.md
lists the variables that a deployment sets.
"""
from pathlib import Path

from . import environment

BASE_DIR = Path(__file__).resolve().parent.parent

# What must outlive a release is kept here.
DATA_DIR = Path(environment.text("LINKOVERFLOW_DATA", BASE_DIR))


# Security

# A site that was given a secret is deployed: should its DJANGO_DEBUG be missing,
# it must not show its settings and its source to everybody.
DEBUG = environment.flag(
    "DJANGO_DEBUG", default=not environment.text("DJANGO_SECRET_KEY")
)

SECRET_KEY = environment.secret_key(DEBUG)

# When empty, Django answers to localhost alone with DEBUG on, to nobody with it off.
ALLOWED_HOSTS = environment.items("DJANGO_ALLOWED_HOSTS")

# The site is served by plain HTTP inside a private network, and nothing in front
# of it speaks HTTPS. There, a redirect to HTTPS leads nowhere, and browsers don't
# send "secure" cookies back, so nobody could log in.
SILENCED_SYSTEM_CHECKS = [
    "security.W004",  # SECURE_HSTS_SECONDS is not set
    "security.W008",  # SECURE_SSL_REDIRECT is not set
    "security.W012",  # SESSION_COOKIE_SECURE is not set
    "security.W016",  # CSRF_COOKIE_SECURE is not set
]


# Application

INSTALLED_APPS = [
    "links",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "linkoverflow.urls"

WSGI_APPLICATION = "linkoverflow.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "links.context_processors.instance",
            ],
        },
    },
]

# Which instance this is: every page and /health say so.
INSTANCE = {
    "name": environment.text("LO_INSTANCE", "local"),
    "id": environment.text("LO_INSTANCE_ID"),
    "release": environment.text("LO_RELEASE"),
    "deployment": environment.text("LO_DEPLOYMENT"),
}


# Database

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "db.sqlite3",
        # Writers take turns: how many seconds one waits for its turn.
        "OPTIONS": {"timeout": 20},
    }
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# Accounts

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "links:list"
LOGOUT_REDIRECT_URL = "links:list"


# Language and time

LANGUAGE_CODE = "en-us"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True


# Static files: the admin's only. The site's own style is part of its pages.

STATIC_URL = "/static/"
STATIC_ROOT = Path(environment.text("DJANGO_STATIC_ROOT", BASE_DIR / "staticfiles"))


# Logging: with DEBUG off Django would only mail errors, and to nobody here.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}
