from django.db.models.signals import post_delete
from django.dispatch import receiver

from .models import Vote
from .voting import count_votes


@receiver(post_delete, sender=Vote)
def vote_deleted(instance, **kwargs):
    """Votes also go when the person goes: their links' scores must not stay."""
    count_votes(instance.link_id)
