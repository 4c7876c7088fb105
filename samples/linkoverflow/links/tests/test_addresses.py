from django.core.exceptions import ValidationError
from django.test import SimpleTestCase

from links.addresses import canonical, domain, with_scheme
from links.validators import validate_web_address


class CanonicalTests(SimpleTestCase):
    def test_canonical(self):
        for address, expected in (
            ("https://python.org", "https://python.org/"),
            ("HTTP://Python.Org:80/A?B=C#D", "http://python.org/A?B=C#D"),
            ("https://python.org:443/", "https://python.org/"),
            ("https://python.org:80/", "https://python.org:80/"),
            ("http://[::1]:80/", "http://[::1]/"),
            ("https://python.org?x=1", "https://python.org/?x=1"),
        ):
            with self.subTest(address):
                self.assertEqual(canonical(address), expected)
                self.assertEqual(canonical(expected), expected)

    def test_scheme(self):
        self.assertEqual(with_scheme("python.org/a"), "https://python.org/a")
        self.assertEqual(with_scheme("http://python.org"), "http://python.org")
        self.assertEqual(with_scheme("FTP://python.org"), "FTP://python.org")

    def test_domain(self):
        self.assertEqual(domain("https://www.python.org:8000/a"), "python.org")
        self.assertEqual(domain("https://docs.python.org/"), "docs.python.org")


class ValidatorTests(SimpleTestCase):
    def test_web_addresses(self):
        for address in (
            "http://localhost:8080/",
            "https://192.0.2.7/a?b=c",
            "https://example.com/~me/a(b),c;d@e",
        ):
            with self.subTest(address):
                validate_web_address(address)

    def test_others(self):
        for address in ("javascript:alert(1)", "ftp://example.com/", "https://[::1/"):
            with self.subTest(address), self.assertRaises(ValidationError):
                validate_web_address(address)
