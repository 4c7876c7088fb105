from django.conf import settings
from django.db import models
from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from . import addresses
from .ranking import rank_of
from .validators import validate_tag, validate_web_address


class TagQuerySet(models.QuerySet):
    def in_use(self):
        """The tags that links have, the most used first."""
        return (
            self.annotate(uses=Count("links"))
            .filter(uses__gt=0)
            .order_by("-uses", "slug")
        )


class Tag(models.Model):
    slug = models.SlugField(max_length=30, unique=True, validators=[validate_tag])

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]

    def __str__(self):
        return self.slug

    def get_absolute_url(self):
        return reverse("links:tag", args=[self.slug])


class LinkQuerySet(models.QuerySet):
    def top(self):
        return self.order_by("-rank", "-pk")

    def newest(self):
        return self.order_by("-posted_at", "-pk")

    def seen_by(self, user):
        """With all that a page shows of a link, for however many links at once."""
        if user.is_authenticated:
            vote = Vote.objects.filter(link=OuterRef("pk"), person=user)
            my_vote = Coalesce(
                Subquery(vote.values("value")[:1]),
                Value(0),
                output_field=models.IntegerField(),
            )
        else:
            my_vote = Value(0, output_field=models.IntegerField())
        return (
            self.select_related("author")
            .prefetch_related("tags")
            .annotate(my_vote=my_vote)
        )


class Link(models.Model):
    title = models.CharField(max_length=140)
    url = models.URLField(
        "URL", max_length=500, unique=True, validators=[validate_web_address]
    )
    tags = models.ManyToManyField(Tag, related_name="links", blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="links"
    )
    posted_at = models.DateTimeField(default=timezone.now, editable=False)

    # Both follow from the votes (see voting.py) and are kept for the sorted lists.
    score = models.IntegerField(default=0, editable=False)
    rank = models.FloatField(editable=False)

    objects = LinkQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-rank", "-id"], name="links_link_top"),
            models.Index(fields=["-posted_at", "-id"], name="links_link_newest"),
        ]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        self.rank = rank_of(self.score, self.posted_at)
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("links:detail", args=[self.pk])

    @property
    def domain(self):
        return addresses.domain(self.url)


class Vote(models.Model):
    class Direction(models.IntegerChoices):
        UP = 1
        DOWN = -1

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="votes"
    )
    link = models.ForeignKey(Link, models.CASCADE, related_name="votes")
    value = models.SmallIntegerField(choices=Direction.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "link"], name="links_vote_one_per_person"
            ),
        ]

    def __str__(self):
        return f"{self.person}: {self.get_value_display()} for {self.link}"
