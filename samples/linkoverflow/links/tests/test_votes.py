import sqlite3
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import IntegrityError, connection, connections
from django.test import Client, TestCase, TransactionTestCase

from links.models import Link, Vote
from links.ranking import rank_of
from links.voting import cast_vote

from .factories import make_link, make_person


class VoteTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.link = make_link()
        cls.person = make_person()

    def setUp(self):
        self.client.force_login(self.person)

    def vote(self, value, **data):
        return self.client.post(f"/links/{self.link.pk}/vote", {"value": value, **data})

    def assertVote(self, value, score):
        votes = Vote.objects.filter(link=self.link, person=self.person)
        self.assertEqual(
            list(votes.values_list("value", flat=True)), [value] if value else []
        )
        self.link.refresh_from_db()
        self.assertEqual(self.link.score, score)
        self.assertEqual(self.link.rank, rank_of(score, self.link.posted_at))

    def test_up_and_down(self):
        self.vote(1)
        self.assertVote(1, score=1)
        self.vote(-1)
        self.assertVote(-1, score=-1)

    def test_the_same_vote_again_counts_once(self):
        self.vote(1)
        self.vote(1)
        self.assertVote(1, score=1)

    def test_withdrawing(self):
        self.vote(-1)
        self.vote(0)
        self.assertVote(None, score=0)
        self.vote(0)
        self.assertVote(None, score=0)

    def test_other_people_s_votes_stay(self):
        cast_vote(make_person(), self.link, 1)
        cast_vote(make_person(), self.link, 1)
        self.vote(-1)
        self.assertVote(-1, score=1)
        self.vote(0)
        self.assertVote(None, score=2)

    def test_one_vote_per_person_and_link_in_the_database(self):
        Vote.objects.create(person=self.person, link=self.link, value=1)
        with self.assertRaises(IntegrityError):
            Vote.objects.create(person=self.person, link=self.link, value=-1)

    def test_a_vote_is_up_or_down_or_withdrawn(self):
        for value in ("2", "-2", "x", "", "1.0"):
            self.assertEqual(self.vote(value).status_code, 400)
        self.assertVote(None, score=0)

    def test_voting_needs_a_post(self):
        response = self.client.get(f"/links/{self.link.pk}/vote?value=1")
        self.assertEqual(response.status_code, 405)
        self.assertVote(None, score=0)

    def test_voting_needs_a_csrf_token(self):
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.person)
        response = client.post(f"/links/{self.link.pk}/vote", {"value": 1})
        self.assertEqual(response.status_code, 403)
        self.assertVote(None, score=0)

    def test_no_vote_for_a_link_that_is_gone(self):
        response = self.client.post("/links/99999/vote", {"value": 1})
        self.assertEqual(response.status_code, 404)

    def test_the_arrow_of_one_s_vote_withdraws_it(self):
        self.vote(1)
        for page in ("/?tab=newest", self.link.get_absolute_url()):
            response = self.client.get(page)
            self.assertContains(
                response, 'name="value" value="0" aria-pressed="true"', count=1
            )

    def test_a_person_s_votes_go_with_the_person(self):
        self.vote(1)
        self.person.delete()
        self.link.refresh_from_db()
        self.assertEqual(self.link.score, 0)

    def test_a_link_goes_with_its_votes(self):
        self.vote(1)
        self.link.delete()
        self.assertFalse(Vote.objects.filter(person=self.person).exists())


class WhereVotesLeadTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.link = make_link()

    def vote(self, **data):
        return self.client.post(f"/links/{self.link.pk}/vote", {"value": 1, **data})

    def test_back_to_the_page_with_the_link(self):
        self.client.force_login(make_person())
        there = f"/tags/python?tab=newest&page=2#link-{self.link.pk}"
        self.assertRedirects(
            self.vote(next=there), there, fetch_redirect_response=False
        )

    def test_the_page_says_where_it_is(self):
        response = self.client.get("/?tab=newest&page=1")
        self.assertContains(
            response, f'value="/?tab=newest&amp;page=1#link-{self.link.pk}"'
        )

    def test_never_to_another_site(self):
        self.client.force_login(make_person())
        for there in (
            "https://evil.example/",
            "//evil.example/",
            "///evil.example/",
            "/\\evil.example/",
            "javascript:alert(1)",
            "http:evil.example",
            "",
        ):
            with self.subTest(there):
                self.assertRedirects(self.vote(next=there), f"/links/{self.link.pk}")

    def test_without_an_account_to_the_login_and_then_back(self):
        response = self.vote(next=f"/?page=2#link-{self.link.pk}")
        self.assertRedirects(
            response,
            f"/login?next=/%3Fpage%3D2%23link-{self.link.pk}",
            # Fetched below: a message is shown only once.
            fetch_redirect_response=False,
        )
        self.assertFalse(self.link.votes.exists())
        response = self.client.get(response.url)
        self.assertContains(response, "Log in to vote.")
        self.assertContains(
            response,
            f'<input type="hidden" name="next" value="/?page=2#link-{self.link.pk}">',
            html=True,
        )

    def test_without_an_account_never_to_another_site(self):
        response = self.vote(next="https://evil.example/")
        self.assertRedirects(response, f"/login?next=/links/{self.link.pk}")


class SimultaneousVoteTests(TransactionTestCase):
    """
    Several threads vote in one database file, as several gunicorn workers do.

    The tests' own database is in memory, where SQLite locks differently: each
    thread works on a copy of it in a file.
    """

    THREADS = 6
    ROUNDS = 5

    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "db.sqlite3"
        # The first links are still there if this is the first test.
        Link.objects.all().delete()

    def run_threads(self, work):
        copy = sqlite3.connect(self.path)
        connection.ensure_connection()
        connection.connection.backup(copy)
        copy.close()

        errors = []
        barrier = threading.Barrier(self.THREADS)

        def run(index):
            try:
                self.connect_to_file()
                barrier.wait(10)
                for _ in range(self.ROUNDS):
                    work(index)
            except Exception as error:
                errors.append(error)
                barrier.abort()
            finally:
                connections["default"].close()

        threads = [threading.Thread(target=run, args=[n]) for n in range(self.THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])

    def connect_to_file(self):
        """Only this thread's connection: each thread has its own."""
        wrapper = connections.create_connection("default")
        wrapper.settings_dict = {**wrapper.settings_dict, "NAME": self.path}
        connections["default"] = wrapper

    def in_file(self, query):
        connection = sqlite3.connect(self.path)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def test_one_person_votes_in_many_windows(self):
        link, person = make_link(), make_person()

        def work(index):
            cast_vote(person, link, (1, -1)[index % 2])
            cast_vote(person, link, 0)
            cast_vote(person, link, 1)

        self.run_threads(work)
        self.assertEqual(self.in_file("SELECT value FROM links_vote"), [(1,)])
        self.assertEqual(self.in_file("SELECT score FROM links_link"), [(1,)])

    def test_many_people_vote_for_one_link(self):
        link = make_link()
        people = [make_person() for _ in range(self.THREADS)]

        def work(index):
            # An odd number of rounds: for each person it ends with an up vote.
            vote = Vote.objects.filter(person=people[index], link=link).first()
            cast_vote(people[index], link, -1 if vote and vote.value == 1 else 1)

        self.run_threads(work)
        self.assertEqual(
            self.in_file("SELECT count(*), sum(value) FROM links_vote"),
            [(self.THREADS, self.THREADS)],
        )
        self.assertEqual(
            self.in_file("SELECT score FROM links_link"), [(self.THREADS,)]
        )

    def test_the_file_has_a_write_ahead_log(self):
        link, person = make_link(), make_person()
        self.run_threads(lambda index: cast_vote(person, link, 1))
        self.assertEqual(self.in_file("PRAGMA journal_mode"), [("wal",)])
