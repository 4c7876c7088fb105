import logging

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..models import Link

logger = logging.getLogger(__name__)


class UnappliedMigrations(Error):
    pass


@never_cache
@require_safe
def health(request):
    """Whether this instance can do its work, for whoever watches it."""
    try:
        check_database()
    except Error as error:
        # The class alone: the message, with paths and SQL, is for the log.
        logger.error("Not healthy: %s: %s", type(error).__name__, error)
        status, database, code = "error", type(error).__name__, 503
    else:
        status, database, code = "ok", "ok", 200
    return JsonResponse(
        {
            "status": status,
            "database": database,
            "release": settings.INSTANCE["release"],
            "instance": settings.INSTANCE["name"],
            "instance_id": settings.INSTANCE["id"],
            "deployment": settings.INSTANCE["deployment"],
        },
        status=code,
    )


def check_database():
    # All columns, so that one which a migration has yet to add is missed.
    Link.objects.order_by("pk").first()
    migrations = MigrationExecutor(connection)
    missing = migrations.migration_plan(migrations.loader.graph.leaf_nodes())
    if missing:
        raise UnappliedMigrations(", ".join(str(migration) for migration, _ in missing))
