"""The WSGI application that the project's settings name, or Django's own, with the static files before it."""
from django.conf import settings
from django.core.servers.basehttp import get_internal_wsgi_application
from django.db import connections
from linkoverflow_static import StaticFiles

application = get_internal_wsgi_application()
if "django.contrib.staticfiles" in settings.INSTALLED_APPS and not any("whitenoise" in name for name in settings.MIDDLEWARE):
    application = StaticFiles(application, settings.STATIC_URL, settings.STATIC_ROOT)

# The server loads this once and forks: a connection to a database must not be shared by processes.
connections.close_all()
