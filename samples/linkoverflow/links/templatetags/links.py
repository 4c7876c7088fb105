from django import template
from django.utils.timesince import timesince

register = template.Library()


@register.filter
def ago(moment):
    """How long ago, in the largest unit alone: "3 hours ago"."""
    age = timesince(moment, depth=1)
    return "just now" if age.startswith("0") else f"{age} ago"


@register.simple_tag
def widget(field):
    """A form field's widget that refers to the field's help and errors beside it."""
    attrs = {}
    described_by = []
    if field.help_text:
        described_by.append(f"{field.auto_id}_helptext")
    if field.errors:
        described_by.append(f"{field.auto_id}_error")
        attrs["aria-invalid"] = "true"
    if described_by:
        attrs["aria-describedby"] = " ".join(described_by)
    return field.as_widget(attrs=attrs)
