"""How high a link stands in the "top" list."""
from math import copysign, log2

HALF_DAY = 12 * 60 * 60


def rank_of(score, posted_at):
    """
    Each doubling of a link's score is worth half a day of its age.

    The rank of a link depends on nothing that changes with the clock, so that it
    can be stored and indexed, and only a vote changes it.
    """
    votes = copysign(log2(1 + abs(score)), score)
    return votes + posted_at.timestamp() / HALF_DAY
