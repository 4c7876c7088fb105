from django.contrib import admin
from django.db import models

from .formfields import WebAddressField
from .models import Link, Tag


@admin.register(Link)
class LinkAdmin(admin.ModelAdmin):
    list_display = ["title", "url", "author", "score", "posted_at"]
    list_select_related = ["author"]
    search_fields = ["title", "url"]
    date_hierarchy = "posted_at"
    filter_horizontal = ["tags"]
    raw_id_fields = ["author"]
    readonly_fields = ["score", "posted_at"]
    formfield_overrides = {models.URLField: {"form_class": WebAddressField}}


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    search_fields = ["slug"]
