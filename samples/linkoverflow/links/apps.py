from django.apps import AppConfig
from django.db.backends.signals import connection_created


class LinksConfig(AppConfig):
    name = "links"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from . import receivers  # noqa: F401  (connects the receivers of Vote)
        from .sqlite import write_ahead_log

        connection_created.connect(write_ahead_log)
