from django.test import TestCase
from django.urls import reverse

from links.models import Link
from links.voting import cast_vote

from .factories import make_link, make_person


def titles(response):
    return [link.title for link in response.context["links"]]


class TabTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        Link.objects.all().delete()
        make_link("fresh", hours_ago=1)
        make_link("liked", hours_ago=6, ups=7)
        make_link("disliked", hours_ago=3, downs=3)
        make_link("famous of old", hours_ago=24 * 30, ups=9)

    def test_top_ranks_by_votes_and_age(self):
        response = self.client.get("/")
        self.assertEqual(
            titles(response), ["liked", "fresh", "disliked", "famous of old"]
        )
        self.assertContains(response, "<title>Top links · LinkOverflow</title>")

    def test_newest_ranks_by_age_alone(self):
        response = self.client.get("/?tab=newest")
        self.assertEqual(
            titles(response), ["fresh", "disliked", "liked", "famous of old"]
        )
        self.assertContains(response, "<title>Newest links · LinkOverflow</title>")

    def test_the_chosen_tab_is_marked(self):
        self.assertContains(
            self.client.get("/"), '<a href="/" aria-current="page">Top</a>', html=True
        )
        self.assertContains(
            self.client.get("/?tab=newest"),
            '<a href="/?tab=newest" aria-current="page">Newest</a>',
            html=True,
        )

    def test_an_unknown_tab_is_the_top_one(self):
        self.assertEqual(titles(self.client.get("/?tab=x"))[0], "liked")

    def test_a_vote_moves_a_link(self):
        for _ in range(8):
            cast_vote(make_person(), Link.objects.get(title="disliked"), 1)
        for _ in range(7):
            cast_vote(make_person(), Link.objects.get(title="liked"), -1)
        self.assertEqual(
            titles(self.client.get("/"))[:3], ["disliked", "fresh", "liked"]
        )


class PaginationTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        Link.objects.all().delete()
        author = make_person()
        for n in range(23):
            make_link(f"Link {n:02}", tags="python", hours_ago=n, author=author)

    def test_pages(self):
        seen = []
        for page, size in ((1, 10), (2, 10), (3, 3)):
            response = self.client.get(f"/?tab=newest&page={page}")
            self.assertEqual(len(titles(response)), size)
            self.assertContains(response, f"Page {page} of 3")
            seen += titles(response)
        self.assertEqual(seen, [f"Link {n:02}" for n in range(23)])

    def test_turning_the_page_stays_in_the_tab_and_the_tag(self):
        response = self.client.get("/tags/python?tab=newest&page=2")
        self.assertContains(response, 'href="?tab=newest&amp;page=1"')
        self.assertContains(response, 'href="?tab=newest&amp;page=3"')
        response = self.client.get("/tags/python?page=2")
        self.assertContains(response, 'href="?page=3"')

    def test_numbering_goes_on(self):
        self.assertContains(self.client.get("/?page=2"), 'start="11"')

    def test_there_is_no_page_beyond_the_last(self):
        for page in ("4", "0", "-1", "x"):
            self.assertEqual(self.client.get(f"/?page={page}").status_code, 404)

    def test_one_page_needs_no_turning(self):
        Link.objects.exclude(title__lt="Link 10").delete()
        self.assertNotContains(self.client.get("/"), "Page 1 of")


class TagTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        Link.objects.all().delete()
        make_link("Django", tags="python web", hours_ago=2)
        make_link("Zen", tags="python", hours_ago=1)
        make_link("Debian", tags="linux")

    def test_a_tag_page_has_the_links_with_the_tag(self):
        response = self.client.get("/tags/python")
        self.assertEqual(titles(response), ["Zen", "Django"])
        self.assertContains(
            response, "<title>Top links tagged python · LinkOverflow</title>"
        )

    def test_a_tag_page_has_both_tabs(self):
        cast_vote(make_person(), Link.objects.get(title="Django"), 1)
        self.assertEqual(titles(self.client.get("/tags/python")), ["Django", "Zen"])
        self.assertEqual(
            titles(self.client.get("/tags/python?tab=newest")), ["Zen", "Django"]
        )

    def test_an_unknown_tag_is_not_found(self):
        self.assertEqual(self.client.get("/tags/cobol").status_code, 404)

    def test_all_tags_in_use_by_number_of_links(self):
        response = self.client.get(reverse("links:tags"))
        self.assertEqual(
            [(tag.slug, tag.uses) for tag in response.context["tags"]],
            [("python", 2), ("linux", 1), ("web", 1)],
        )
        self.assertContains(response, "2 links")

    def test_a_tag_whose_links_are_gone(self):
        Link.objects.get(title="Debian").delete()
        self.assertContains(self.client.get("/tags/linux"), "No links here yet.")
        self.assertNotContains(self.client.get("/tags"), "linux")


class DetailTests(TestCase):
    def test_detail(self):
        Link.objects.all().delete()
        link = make_link("The title", tags="python web", ups=3, downs=1)
        make_link("Kin", tags="python web")
        make_link("Stranger", tags="cooking")
        response = self.client.get(f"/links/{link.pk}")
        self.assertContains(response, "<title>The title · LinkOverflow</title>")
        self.assertContains(response, "3 up, 1 down")
        self.assertContains(response, link.url)
        self.assertContains(response, link.author.username)
        self.assertContains(response, 'href="/tags/python"')
        self.assertEqual([str(other) for other in response.context["related"]], ["Kin"])

    def test_an_unknown_link_is_not_found(self):
        self.assertEqual(self.client.get("/links/99999").status_code, 404)

    def test_what_people_wrote_is_escaped(self):
        link = make_link("<script>alert(1)</script>")
        for page in ("/", f"/links/{link.pk}"):
            response = self.client.get(page)
            self.assertNotContains(response, "<script")
            self.assertContains(response, "&lt;script&gt;")


class QueryTests(TestCase):
    """However many links a page has, it takes the same number of queries."""

    def queries(self, page, expected):
        with self.assertNumQueries(expected):
            self.client.get(page)

    def test_list(self):
        Link.objects.all().delete()
        for expected_links in (2, 8):
            while Link.objects.count() < expected_links:
                make_link(tags="python web linux", ups=1)
            # Count, links, their tags, popular tags.
            self.queries("/", 4)
            self.queries("/?tab=newest", 4)
            # And the tag.
            self.queries("/tags/python", 5)

    def test_list_for_a_person(self):
        self.client.force_login(make_person())
        # And the session and the person.
        self.queries("/", 6)

    def test_detail(self):
        link = make_link(tags="python", ups=2)
        # The link, its tags, related links.
        self.queries(link.get_absolute_url(), 3)

    def test_tags(self):
        self.queries("/tags", 1)
