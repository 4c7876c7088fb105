from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import TestCase, TransactionTestCase

from links.models import Link, Tag, Vote
from links.ranking import rank_of
from links.validators import validate_tag, validate_web_address

from .factories import make_link, make_person


class WellKnownLinksTests(TestCase):
    """What migrate puts into a new database."""

    def test_links(self):
        links = Link.objects.prefetch_related("tags")
        self.assertGreaterEqual(len(links), 12)
        for link in links:
            with self.subTest(link):
                validate_web_address(link.url)
                self.assertTrue(1 <= len(link.tags.all()) <= 5)
                self.assertEqual(link.votes.count(), link.score)
                self.assertAlmostEqual(link.rank, rank_of(link.score, link.posted_at))
        for tag in Tag.objects.all():
            validate_tag(tag.slug)

    def test_the_tabs_differ(self):
        self.assertNotEqual(list(Link.objects.top()), list(Link.objects.newest()))

    def test_nobody_can_log_in_as_one_of_their_authors(self):
        people = get_user_model().objects.all()
        self.assertTrue(people)
        for person in people:
            self.assertFalse(person.has_usable_password())
        self.assertIsNone(authenticate(username=people[0].username, password=""))


class MigrationTests(TransactionTestCase):
    def tearDown(self):
        call_command("migrate", verbosity=0)

    def migrate_links(self, name):
        call_command("migrate", "links", name, verbosity=0)

    def test_back_and_forth(self):
        # Where nothing but the migrations was.
        self.migrate_links("zero")
        self.assertNotIn("links_link", connection.introspection.table_names())
        self.migrate_links("0002")
        self.assertGreaterEqual(Link.objects.count(), 12)
        self.migrate_links("0001")
        for model in (Link, Tag, Vote, get_user_model()):
            self.assertFalse(model.objects.exists())
        self.migrate_links("0002")
        self.assertGreaterEqual(Link.objects.count(), 12)

    def test_what_people_posted_stays(self):
        self.migrate_links("0001")
        ada = make_person("ada")
        theirs = make_link(
            "Theirs", url="https://www.python.org/", tags="python", author=ada, ups=1
        )
        self.migrate_links("0002")
        self.assertEqual(ada.links.get(), theirs)
        self.assertFalse(ada.votes.exists())
        self.migrate_links("0001")
        self.assertEqual(Link.objects.get(), theirs)
        self.assertEqual(theirs.tags.get().slug, "python")
        self.assertEqual(theirs.votes.count(), 1)
