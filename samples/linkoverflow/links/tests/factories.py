"""What the tests need around the thing that they test."""
from datetime import timedelta
from itertools import count

from django.contrib.auth import get_user_model
from django.utils import timezone

from links.models import Link, Tag
from links.voting import cast_vote

number = count(1)


def make_person(name=None):
    name = name or f"person-{next(number)}"
    return get_user_model().objects.create(username=name)


def make_link(title=None, tags="", hours_ago=0, ups=0, downs=0, **fields):
    n = next(number)
    link = Link.objects.create(
        title=title or f"Link {n}",
        url=fields.pop("url", f"https://example.com/{n}"),
        author=fields.pop("author", None) or make_person(),
        posted_at=timezone.now() - timedelta(hours=hours_ago),
        **fields,
    )
    for slug in tags.split():
        link.tags.add(Tag.objects.get_or_create(slug=slug)[0])
    for value in [1] * ups + [-1] * downs:
        cast_vote(make_person(), link, value)
    link.refresh_from_db()
    return link
