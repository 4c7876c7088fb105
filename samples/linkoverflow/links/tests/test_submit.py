from unittest import mock

from django.test import Client, TestCase

from links.forms import LinkForm
from links.models import Link, Tag

from .factories import make_link, make_person


class SubmitTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.person = make_person("ann")

    def setUp(self):
        self.client.force_login(self.person)

    def submit(self, title="A title", url="https://example.org/page", tags=""):
        return self.client.post("/submit", {"title": title, "url": url, "tags": tags})

    def assertRefused(self, response, field, text):
        self.assertEqual(response.status_code, 200)
        self.assertIn(text, " ".join(response.context["form"].errors[field]))
        self.assertContains(response, text)
        self.assertContains(response, 'aria-invalid="true"')
        self.assertFalse(Link.objects.filter(author=self.person).exists())

    def test_the_form(self):
        response = self.client.get("/submit")
        for field in ("title", "url", "tags"):
            self.assertContains(response, f'<label for="id_{field}">')
        self.assertContains(response, 'aria-describedby="id_tags_helptext"')

    def test_a_post_leads_to_the_link(self):
        response = self.submit(title="  Two \t spaces ", tags="Python, web  python")
        link = Link.objects.get(author=self.person)
        # Fetched below: a message is shown only once.
        self.assertRedirects(
            response, f"/links/{link.pk}", fetch_redirect_response=False
        )
        self.assertEqual(link.title, "Two spaces")
        self.assertEqual(link.url, "https://example.org/page")
        self.assertEqual([str(tag) for tag in link.tags.all()], ["python", "web"])
        self.assertContains(self.client.get(response.url), "your link is posted")

    def test_the_author_s_own_vote_counts(self):
        self.submit()
        link = Link.objects.get(author=self.person)
        self.assertEqual(link.score, 1)
        self.assertEqual(link.votes.get().person, self.person)

    def test_tags_that_exist_are_used_again(self):
        Tag.objects.get_or_create(slug="python")
        self.submit(tags="python")
        self.assertEqual(Tag.objects.filter(slug="python").count(), 1)

    def test_only_with_an_account(self):
        self.client.logout()
        self.assertRedirects(self.client.get("/submit"), "/login?next=/submit")
        self.assertRedirects(self.submit(), "/login?next=/submit")
        self.assertFalse(Link.objects.filter(title="A title").exists())

    def test_only_with_a_csrf_token(self):
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.person)
        response = client.post("/submit", {"title": "A title", "url": "example.org"})
        self.assertEqual(response.status_code, 403)

    def test_title_and_address_are_required(self):
        self.assertRefused(self.submit(title=" "), "title", "This field is required.")
        self.assertRefused(self.submit(url=""), "url", "This field is required.")

    def test_too_long(self):
        self.assertRefused(self.submit(title="x" * 141), "title", "at most 140")
        long = "https://example.org/" + "x" * 481
        self.assertRefused(self.submit(url=long), "url", "at most 500")

    def test_only_web_addresses(self):
        for url in (
            "javascript:alert(1)",
            "javascript://example.org/%0aalert(1)",
            "JavaScript:alert(1)//https://example.org/",
            "data:text/html,<script>alert(1)</script>",
            "ftp://example.org/",
            "file:///etc/passwd",
            "https:///nowhere",
            "//example.org/",
            "https://example.org:99999/",
            "https://exa mple.org/",
            "not an address",
        ):
            with self.subTest(url):
                response = self.submit(url=url)
                self.assertEqual(response.status_code, 200)
                self.assertIn("url", response.context["form"].errors)
        self.assertRefused(
            self.submit(url="ftp://example.org/"),
            "url",
            "starts with http:// or https:",
        )

    def test_no_user_name_in_the_address(self):
        for url in (
            "https://python.org@evil.example/",
            "https://evil.example\\@python.org/",
        ):
            with self.subTest(url):
                self.assertRefused(self.submit(url=url), "url", "Leave the user name")

    def test_tags_are_slugs(self):
        for tags in ("c++", "c#", "-x", "a--b", "a_b", "naïve", "<b>"):
            with self.subTest(tags):
                self.assertRefused(self.submit(tags=tags), "tags", "be a tag")
        self.assertRefused(self.submit(tags="x" * 31), "tags", "too long")

    def test_five_tags_at_most(self):
        self.assertRefused(self.submit(tags="a b c d e f"), "tags", "5 tags at most")
        self.assertEqual(self.submit(tags="a b c d e a").status_code, 302)

    def test_what_was_typed_stays(self):
        response = self.submit(title="Kept", url="ftp://x.example/", tags="kept-too")
        self.assertContains(response, 'value="Kept"')
        self.assertContains(response, 'value="ftp://x.example/"')
        self.assertContains(response, 'value="kept-too"')


class DuplicateTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.link = make_link("The first", url="https://example.org/page")

    def setUp(self):
        self.client.force_login(make_person())

    def submit(self, url):
        return self.client.post("/submit", {"title": "The second", "url": url})

    def assertLeadsToTheFirst(self, response):
        self.assertContains(response, "This address has been posted already.")
        self.assertContains(
            response,
            f'<a href="/links/{self.link.pk}">The first</a>',
            html=True,
        )
        self.assertFalse(Link.objects.filter(title="The second").exists())

    def test_a_duplicate_leads_to_the_link_that_is_there(self):
        self.assertLeadsToTheFirst(self.submit("https://example.org/page"))

    def test_another_spelling_is_a_duplicate(self):
        for url in (
            "example.org/page",
            " HTTPS://Example.ORG/page ",
            "https://example.org:443/page",
        ):
            with self.subTest(url):
                self.assertLeadsToTheFirst(self.submit(url))

    def test_another_page_is_not(self):
        self.assertEqual(self.submit("https://example.org/Page").status_code, 302)

    def test_two_at_the_same_time(self):
        # The other one is posted after this one's form has looked for it.
        look = LinkForm.clean_url
        looks = []

        def look_too_early(form):
            looks.append(form)
            return form.cleaned_data["url"] if len(looks) == 1 else look(form)

        def no_check(form):
            return None

        with mock.patch.object(LinkForm, "clean_url", look_too_early):
            with mock.patch.object(LinkForm, "validate_unique", no_check):
                response = self.submit("https://example.org/page")
        self.assertEqual(len(looks), 2)
        self.assertLeadsToTheFirst(response)
