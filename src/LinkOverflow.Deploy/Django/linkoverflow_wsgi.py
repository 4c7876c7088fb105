"""The WSGI application that the project's settings name, or Django's own."""
from django.core.servers.basehttp import get_internal_wsgi_application

application = get_internal_wsgi_application()
