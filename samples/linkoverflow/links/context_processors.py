from zlib import crc32

from django.conf import settings


def instance(request):
    """Which instance serves this page, and a colour to tell it from the others."""
    instance = settings.INSTANCE
    colour = crc32((instance["id"] or instance["name"]).encode()) % 360
    return {"instance": {**instance, "hue": colour}}
