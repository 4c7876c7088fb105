import re

from django import forms
from django.core.exceptions import ValidationError

from . import addresses
from .models import Tag
from .validators import validate_tag, validate_web_address


class WebAddressField(forms.CharField):
    """
    An http or https address in its canonical spelling.

    Not a forms.URLField: that one adds http:// to an address without a scheme, or
    https://, depending on Django's version.
    """

    widget = forms.URLInput
    default_validators = [validate_web_address]

    def to_python(self, value):
        value = super().to_python(value)
        return value if value in self.empty_values else addresses.with_scheme(value)

    def clean(self, value):
        value = super().clean(value)
        return value if value in self.empty_values else addresses.canonical(value)


class TagsField(forms.CharField):
    """Tags in one line, as a list of slugs without repetitions."""

    def __init__(self, *, max_tags, **kwargs):
        self.max_tags = max_tags
        super().__init__(**kwargs)

    def to_python(self, value):
        words = re.split(r"[\s,]+", super().to_python(value).lower())
        return list(dict.fromkeys(word for word in words if word))

    def run_validators(self, value):
        if len(value) > self.max_tags:
            raise ValidationError(
                "Choose %(max)s tags at most: these are %(count)s.",
                code="too_many_tags",
                params={"max": self.max_tags, "count": len(value)},
            )
        longest = Tag._meta.get_field("slug").max_length
        for slug in value:
            try:
                validate_tag(slug)
            except ValidationError as error:
                raise ValidationError(
                    "“%(tag)s” can't be a tag. %(why)s",
                    code="tag",
                    params={"tag": slug, "why": error.message},
                ) from None
            if len(slug) > longest:
                raise ValidationError(
                    "“%(tag)s” is too long for a tag: %(max)s letters at most.",
                    code="tag_too_long",
                    params={"tag": slug, "max": longest},
                )
