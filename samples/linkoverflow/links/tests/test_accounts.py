from django.contrib.auth import get_user, get_user_model
from django.test import TestCase, override_settings

from .factories import make_person

PASSWORD = "correct horse battery"
ELSEWHERE = ["https://evil.example/", "//evil.example/", "/\\evil.example/"]


# The real hasher takes its time on purpose.
@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
class AccountTests(TestCase):
    def sign_up(self, **data):
        return self.client.post(
            "/signup",
            {"username": "ann", "password1": PASSWORD, "password2": PASSWORD, **data},
        )

    def log_in(self, **data):
        return self.client.post(
            "/login", {"username": "ann", "password": PASSWORD, **data}
        )

    def make_ann(self):
        return get_user_model().objects.create_user("ann", password=PASSWORD)

    def assertLoggedIn(self, yes):
        self.assertEqual(get_user(self.client).is_authenticated, yes)

    def test_signing_up_logs_in(self):
        self.assertRedirects(self.sign_up(), "/")
        self.assertLoggedIn(True)
        self.assertContains(self.client.get("/"), "ann")

    def test_signing_up_leads_back(self):
        self.assertRedirects(self.sign_up(next="/submit"), "/submit")

    def test_signing_up_never_leads_elsewhere(self):
        for number, url in enumerate(ELSEWHERE):
            with self.subTest(url):
                self.client.logout()
                response = self.sign_up(username=f"ann{number}", next=url)
                self.assertRedirects(response, "/")
                self.assertNotContains(
                    self.client.get("/signup", {"next": url}, follow=True), "evil"
                )

    def test_a_taken_name_and_a_weak_password_are_refused(self):
        make_person("ann")
        response = self.sign_up(password1="12345", password2="12345")
        self.assertContains(response, "already exists")
        self.assertContains(response, "too short")
        self.assertLoggedIn(False)

    def test_every_field_has_its_label(self):
        response = self.client.get("/signup")
        for field in ("username", "password1", "password2"):
            self.assertContains(response, f'<label for="id_{field}">')

    def test_logging_in_leads_back(self):
        self.make_ann()
        self.assertRedirects(self.log_in(next="/submit"), "/submit")
        self.assertLoggedIn(True)

    def test_logging_in_never_leads_elsewhere(self):
        self.make_ann()
        for url in ELSEWHERE:
            with self.subTest(url):
                self.client.logout()
                self.assertRedirects(self.log_in(next=url), "/")

    def test_a_wrong_password(self):
        self.make_ann()
        self.assertContains(self.log_in(password="wrong"), "correct username")
        self.assertLoggedIn(False)

    def test_each_form_leads_to_the_other_and_keeps_the_way_back(self):
        there = "?next=%2F%3Fpage%3D2%23link-1"
        self.assertContains(self.client.get(f"/login{there}"), f'"/signup{there}"')
        self.assertContains(self.client.get(f"/signup{there}"), f'"/login{there}"')

    def test_who_is_logged_in_needs_neither_form(self):
        self.client.force_login(make_person())
        self.assertRedirects(self.client.get("/login"), "/")
        self.assertRedirects(self.client.get("/signup"), "/")

    def test_logging_out_takes_a_post(self):
        self.client.force_login(make_person())
        self.assertEqual(self.client.get("/logout").status_code, 405)
        self.assertLoggedIn(True)
        self.assertRedirects(self.client.post("/logout"), "/")
        self.assertLoggedIn(False)
