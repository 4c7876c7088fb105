"""A site that keeps rows, for tests that count them."""
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "django-insecure-of-a-test"
DEBUG = False
ALLOWED_HOSTS = []
INSTALLED_APPS = ["ledger"]
MIDDLEWARE = []
ROOT_URLCONF = "ledger.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3", "OPTIONS": {"timeout": 30}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W002", "security.W003", "security.W004", "security.W008"]
