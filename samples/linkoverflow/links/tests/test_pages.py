import re

from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.test import TestCase, override_settings
from django.urls import reverse

from links.models import Link

from .factories import make_link, make_person
from .test_health import INSTANCE


class InstanceTests(TestCase):
    @override_settings(INSTANCE=INSTANCE)
    def test_every_page_says_which_instance_served_it(self):
        for page in ("/", "/tags", "/login", "/signup", "/no-such-page"):
            with self.subTest(page):
                text = self.client.get(page).content.decode()
                text = " ".join(re.sub("<[^>]+>", "", text).split())
                self.assertIn("served by linkoverflow-2 (i-0abc41d97e63f2258)", text)
                self.assertIn("release 3f9ac21d7b04e8", text)
                self.assertIn("deployment demo", text)

    @override_settings(
        INSTANCE={"name": "local", "id": "", "release": "", "deployment": ""}
    )
    def test_only_what_is_known(self):
        response = self.client.get("/")
        self.assertContains(response, "served by <strong>local</strong></span>")
        self.assertNotContains(response, "release")
        self.assertNotContains(response, "deployment <strong>")

    def test_a_long_release_is_shortened_and_there_in_full(self):
        release = "3f9ac21d7b04e85566778899aabbccddeeff0011"
        with override_settings(INSTANCE={**INSTANCE, "release": release}):
            self.assertContains(
                self.client.get("/"), f'<code title="{release}">3f9ac21d7b04e85…</code>'
            )

    def test_instances_differ_in_colour(self):
        colours = set()
        for n in range(1, 5):
            with override_settings(INSTANCE={**INSTANCE, "id": f"i-{n}"}):
                page = self.client.get("/").content.decode()
            colours.add(re.search(r"--hue: (\d+)", page)[1])
        self.assertEqual(len(colours), 4)


class PageTests(TestCase):
    def test_the_name(self):
        response = self.client.get("/")
        self.assertContains(response, "<title>Top links · LinkOverflow</title>")
        self.assertIn("LinkOverflow", response.content.decode().partition("<body>")[2])

    def test_a_page_needs_nothing_from_elsewhere(self):
        page = self.client.get("/").content.decode()
        self.assertIn("prefers-color-scheme: dark", page)
        self.assertNotRegex(page, r"<script|<img|<link rel=.stylesheet|@import|url\(")

    def test_not_found(self):
        response = self.client.get("/no-such-page")
        self.assertContains(response, "There is no such page.", status_code=404)

    def test_the_error_page_needs_no_database(self):
        with self.assertNumQueries(0):
            self.assertIn("Something went wrong", render_to_string("500.html"))

    def test_no_links(self):
        Link.objects.all().delete()
        self.assertContains(self.client.get("/"), "No links here yet.")

    def test_links_do_not_vouch_for_where_they_lead(self):
        make_link(url="https://example.com/new")
        self.assertContains(
            self.client.get("/"),
            '<a href="https://example.com/new" rel="nofollow ugc">',
        )


class AdminTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.admin = get_user_model().objects.create_superuser("root")

    def setUp(self):
        self.client.force_login(self.admin)

    def test_lists_and_forms(self):
        link = make_link(tags="python")
        for page in (
            reverse("admin:links_link_changelist"),
            reverse("admin:links_link_change", args=[link.pk]),
            reverse("admin:links_tag_changelist"),
        ):
            self.assertEqual(self.client.get(page).status_code, 200)

    def test_the_same_rules_for_addresses(self):
        def add(url):
            self.client.post(
                reverse("admin:links_link_add"),
                {"title": "By the admin", "url": url, "author": make_person().pk},
            )
            return Link.objects.filter(title="By the admin").first()

        self.assertIsNone(add("javascript:alert(1)"))
        self.assertEqual(add("Example.org").url, "https://example.org/")

    def test_the_admin_s_style_is_served(self):
        response = self.client.get("/static/admin/css/base.css")
        self.assertEqual(response.status_code, 200)
        self.assertTrue(b"".join(response.streaming_content))

    def test_and_nothing_else(self):
        for path in (
            "links/models.py",
            "../manage.py",
            "..%2fmanage.py",
            "/etc/passwd",
        ):
            self.assertIn(self.client.get(f"/static/{path}").status_code, (400, 404))
