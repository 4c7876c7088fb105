from unittest import mock

from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import TestCase, override_settings

INSTANCE = {
    "name": "linkoverflow-2",
    "id": "i-0abc41d97e63f2258",
    "release": "3f9ac21d7b04e8",
    "deployment": "demo",
}


@override_settings(INSTANCE=INSTANCE)
class HealthTests(TestCase):
    def assertHealth(self, code, status, database):
        response = self.client.get("/health")
        self.assertEqual(response.status_code, code)
        self.assertEqual(
            response.json(),
            {
                "status": status,
                "database": database,
                "release": "3f9ac21d7b04e8",
                "instance": "linkoverflow-2",
                "instance_id": "i-0abc41d97e63f2258",
                "deployment": "demo",
            },
        )
        self.assertIn("no-store", response["Cache-Control"])

    def assertIll(self, database):
        with self.assertLogs("links.views.health", "ERROR"):
            self.assertHealth(503, "error", database)

    def test_ok(self):
        self.assertHealth(200, "ok", "ok")

    def test_the_database_fails(self):
        for error in (OperationalError, InterfaceError):
            with self.subTest(error):

                def fail(execute, *args):
                    raise error("unable to open database file /some/where")

                with connection.execute_wrapper(fail):
                    self.assertIll(error.__name__)

    def test_the_database_can_not_be_opened(self):
        with mock.patch.object(connection, "cursor", side_effect=OperationalError):
            self.assertIll("OperationalError")

    def test_a_table_is_missing(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE links_link RENAME TO gone")
        self.assertIll("OperationalError")

    def test_a_column_is_missing(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE links_link RENAME COLUMN score TO gone")
        self.assertIll("OperationalError")

    def test_a_migration_is_not_applied(self):
        MigrationRecorder(connection).record_unapplied("links", "0002_well_known_links")
        self.assertIll("UnappliedMigrations")

    def test_head(self):
        self.assertEqual(self.client.head("/health").status_code, 200)

    def test_nothing_else(self):
        self.assertEqual(self.client.post("/health").status_code, 405)

    @override_settings(ALLOWED_HOSTS=["192.0.2.7"])
    def test_by_the_address(self):
        response = self.client.get("/health", HTTP_HOST="192.0.2.7:8080")
        self.assertEqual(response.status_code, 200)
        with self.assertLogs("django.security.DisallowedHost", "ERROR"):
            response = self.client.get("/health", HTTP_HOST="other.example")
        self.assertEqual(response.status_code, 400)
