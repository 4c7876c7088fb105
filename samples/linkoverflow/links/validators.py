from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator

is_web_url = URLValidator(
    schemes=["http", "https"],
    message="Enter a web address that starts with http:// or https://.",
)


def validate_web_address(value):
    """Only http and https: a javascript: link would run in this site's name."""
    is_web_url(value)
    parts = urlsplit(value)
    # "https://python.org@evil.example/" leads to evil.example.
    if "@" in parts.netloc:
        raise ValidationError(
            "Leave the user name and password out of the address.", code="credentials"
        )
    try:
        parts.port
    except ValueError:
        raise ValidationError("The address has no valid port.", code="port") from None


validate_tag = RegexValidator(
    r"^[a-z0-9]+(?:-[a-z0-9]+)*\Z",
    "A tag has lower-case letters, digits and single hyphens only.",
    code="tag",
)
