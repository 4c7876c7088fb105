import json
import os
import subprocess
import sys
from unittest import mock

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import SimpleTestCase, TestCase

from linkoverflow import environment

SHOW = """
import json
from linkoverflow import settings as s
print(json.dumps([s.DEBUG, s.SECRET_KEY, s.ALLOWED_HOSTS, s.INSTANCE,
                  str(s.DATABASES["default"]["NAME"]), str(s.STATIC_ROOT)]))
"""
SECRET = "a-secret-of-fifty-letters-and-more-0123456789-ABCDEFGHIJ"


class EnvironmentTests(SimpleTestCase):
    def environ(self, **variables):
        return mock.patch.dict(os.environ, variables, clear=True)

    def test_flag(self):
        for value, expected in (
            ("1", True),
            ("True", True),
            ("0", False),
            ("no", False),
        ):
            with self.environ(X=value):
                self.assertIs(environment.flag("X", default=None), expected)
        for value in ("", " "):
            with self.environ(X=value):
                self.assertIsNone(environment.flag("X", default=None))
        with self.environ(X="flase"):
            with self.assertRaisesMessage(ImproperlyConfigured, "X must be 0 or 1"):
                environment.flag("X", default=None)

    def test_items(self):
        with self.environ(X="a.example, 192.0.2.7,,"):
            self.assertEqual(environment.items("X"), ["a.example", "192.0.2.7"])
        with self.environ():
            self.assertEqual(environment.items("X"), [])

    def test_secret_key(self):
        with self.environ(DJANGO_SECRET_KEY="given"):
            self.assertEqual(environment.secret_key(debug=False), "given")
        with self.environ():
            first, second = environment.secret_key(True), environment.secret_key(True)
            self.assertGreaterEqual(len(first), 50)
            self.assertNotEqual(first, second)
            with self.assertRaisesMessage(
                ImproperlyConfigured, "DJANGO_SECRET_KEY is not set"
            ):
                environment.secret_key(debug=False)


class SettingsTests(SimpleTestCase):
    """The settings in a process of their own, with nothing else set."""

    def python(self, *args, **variables):
        names = ("PATH", "PYTHONPATH", "HOME")
        inherited = {name: os.environ[name] for name in names if name in os.environ}
        return subprocess.run(
            [sys.executable, "-B", *args],
            cwd=settings.BASE_DIR,
            env={**inherited, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
        )

    def settings(self, **variables):
        return json.loads(self.python("-c", SHOW, **variables).stdout)

    def test_with_no_environment(self):
        debug, secret, hosts, instance, database, static_root = self.settings()
        self.assertIs(debug, True)
        self.assertTrue(secret)
        self.assertEqual(hosts, [])
        self.assertEqual(instance["name"], "local")
        self.assertEqual(database, str(settings.BASE_DIR / "db.sqlite3"))
        self.assertEqual(static_root, str(settings.BASE_DIR / "staticfiles"))

    def test_as_deployed(self):
        debug, secret, hosts, instance, database, static_root = self.settings(
            LINKOVERFLOW_DATA="/data",
            DJANGO_SECRET_KEY=SECRET,
            DJANGO_ALLOWED_HOSTS="192.0.2.7,links.example",
            DJANGO_DEBUG="0",
            DJANGO_STATIC_ROOT="/static",
            LO_RELEASE="3f9a",
            LO_INSTANCE="linkoverflow-2",
            LO_INSTANCE_ID="i-0abc",
            LO_DEPLOYMENT="demo",
        )
        self.assertIs(debug, False)
        self.assertEqual(secret, SECRET)
        self.assertEqual(hosts, ["192.0.2.7", "links.example"])
        self.assertEqual(
            instance,
            {
                "name": "linkoverflow-2",
                "id": "i-0abc",
                "release": "3f9a",
                "deployment": "demo",
            },
        )
        self.assertEqual(database, "/data/db.sqlite3")
        self.assertEqual(static_root, "/static")

    def test_a_deployed_site_never_debugs_by_oversight(self):
        self.assertIs(self.settings(DJANGO_SECRET_KEY=SECRET)[0], False)

    def test_no_secret(self):
        # Not by manage.py check, of which Django 3.2 runs the checks in no order:
        # without settings another one may fail before the one that says why.
        run = self.python(
            "-c",
            "import django; django.setup()",
            DJANGO_SETTINGS_MODULE="linkoverflow.settings",
            DJANGO_DEBUG="0",
        )
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("DJANGO_SECRET_KEY is not set", run.stderr)

    def test_check_deploy(self):
        run = self.python(
            *("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
            DJANGO_SECRET_KEY=SECRET,
            DJANGO_ALLOWED_HOSTS="192.0.2.7",
            DJANGO_DEBUG="0",
        )
        self.assertEqual(run.returncode, 0, run.stderr)


class MigrationsUpToDateTests(TestCase):
    def test_the_models_have_no_change_without_a_migration(self):
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)
