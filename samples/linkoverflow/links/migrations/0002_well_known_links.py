"""The first links, so that a new site has something to show and to vote on."""
from datetime import timedelta
from math import log2

from django.contrib.auth.hashers import make_password
from django.db import migrations
from django.utils import timezone

# fmt: off
# They can't log in, and the reserved domain tells them from everybody else: nobody
# has an address there.
PEOPLE = [
    "ada", "alan", "barbara", "dennis", "edsger", "frances", "grace", "katherine",
    "margaret", "radia", "tim", "vint",
]
DOMAIN = "@linkoverflow.invalid"

# Hours ago, votes, title, address, tags.
LINKS = [
    (2, 7, "Python: work quickly and integrate systems more effectively",
     "https://www.python.org/", "python"),
    (3, 9, "Django: the web framework for perfectionists with deadlines",
     "https://www.djangoproject.com/", "python django web"),
    (5, 3, "Before you go live: Django's deployment checklist",
     "https://docs.djangoproject.com/en/stable/howto/deployment/checklist/",
     "django deployment security"),
    (7, 6, "Puppet: infrastructure as code, from one host to thousands",
     "https://www.puppet.com/", "automation deployment"),
    (11, 12, "The Twelve-Factor App",
     "https://12factor.net/", "deployment architecture"),
    (16, 8, "Appropriate uses for SQLite",
     "https://www.sqlite.org/whentouse.html", "database sqlite"),
    (20, 5, "Gunicorn, a Python WSGI HTTP server for UNIX",
     "https://gunicorn.org/", "python web deployment"),
    (26, 11, "Is it worth the time? How long you may work on a routine task",
     "https://xkcd.com/1205/", "automation humour"),
    (31, 4, "Debian, the universal operating system",
     "https://www.debian.org/", "linux"),
    (39, 10, "Google's books on site reliability engineering, free to read",
     "https://sre.google/books/", "operations books"),
    (50, 9, "Pro Git: the whole book",
     "https://git-scm.com/book/", "git books"),
    (57, 6, "MDN: resources for developers, by developers",
     "https://developer.mozilla.org/", "web reference"),
    (68, 7, "The Zen of Python",
     "https://peps.python.org/pep-0020/", "python"),
    (80, 2, "How to meet WCAG: a quick reference",
     "https://www.w3.org/WAI/WCAG22/quickref/", "web accessibility reference"),
]
# fmt: on


def post(apps, schema_editor):
    User = apps.get_model("auth", "User")
    Tag = apps.get_model("links", "Tag")
    Link = apps.get_model("links", "Link")
    Vote = apps.get_model("links", "Vote")

    for name in PEOPLE:
        # Whoever has the name already isn't asked to post and vote here.
        if not User.objects.filter(username=name).exists():
            User.objects.create(
                username=name, email=name + DOMAIN, password=make_password(None)
            )
    people = list(User.objects.filter(email__endswith=DOMAIN).order_by("pk"))
    if not people:
        return

    now = timezone.now()
    for number, (hours, votes, title, url, tags) in enumerate(LINKS):
        if Link.objects.filter(url=url).exists():
            continue
        # A turn of the list of people per link: the first of them is its author.
        turn = number * 5 % len(people)
        voters = (people[turn:] + people[:turn])[:votes]
        posted_at = now - timedelta(hours=hours)
        link = Link.objects.create(
            title=title,
            url=url,
            author=voters[0],
            posted_at=posted_at,
            score=len(voters),
            # As in ranking.py when this was written.
            rank=log2(1 + len(voters)) + posted_at.timestamp() / (12 * 60 * 60),
        )
        for slug in tags.split():
            link.tags.add(Tag.objects.get_or_create(slug=slug)[0])
        Vote.objects.bulk_create(
            Vote(person=person, link=link, value=1) for person in voters
        )


def take_back(apps, schema_editor):
    User = apps.get_model("auth", "User")
    Tag = apps.get_model("links", "Tag")

    # Their links and votes go with them.
    User.objects.filter(email__endswith=DOMAIN).delete()
    slugs = {slug for *_, tags in LINKS for slug in tags.split()}
    Tag.objects.filter(slug__in=slugs, links=None).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("links", "0001_initial"),
        # Has every column of today's User: a row can be written only with all.
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(post, take_back)]
