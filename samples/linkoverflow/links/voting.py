"""Votes, and the scores that follow from them."""
from django.db import transaction
from django.db.models import F, Sum

from .models import Link, Vote


def cast_vote(person, link, value):
    """Vote up (1) or down (-1), or withdraw the vote (0)."""
    with transaction.atomic():
        lock(link)
        if value:
            Vote.objects.update_or_create(
                person=person, link=link, defaults={"value": value}
            )
        else:
            Vote.objects.filter(person=person, link=link).delete()
        count_votes(link.pk)


def lock(link):
    """
    From here to the end of the transaction nobody else changes the link's votes.

    Writing comes first: SQLite knows no SELECT FOR UPDATE, and a transaction that
    reads before it writes can't wait for its turn if somebody else wrote meanwhile.
    It fails at once ("database is locked").
    """
    Link.objects.filter(pk=link.pk).update(score=F("score"))


def count_votes(link_pk):
    """Set a link's score to what its votes add up to."""
    link = Link.objects.filter(pk=link_pk).first()
    if link is not None:
        link.score = link.votes.aggregate(total=Sum("value"))["total"] or 0
        link.save(update_fields=["score", "rank"])
