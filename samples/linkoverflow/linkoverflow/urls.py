from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.contrib.staticfiles.views import serve
from django.urls import include, path, re_path
from django.views.decorators.http import require_POST

from links.views.accounts import SignUpView
from links.views.health import health

urlpatterns = [
    path("", include("links.urls")),
    path("signup", SignUpView.as_view(), name="signup"),
    path("login", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    # Before Django 5 a GET logs out too, and with it any page that shows an image
    # from this address.
    path("logout", require_POST(LogoutView.as_view()), name="logout"),
    path("health", health, name="health"),
    path("admin/", admin.site.urls),
    # gunicorn serves no files and nothing stands in front of it. The few that the
    # admin needs come from Django itself: "insecure" lets it do so without DEBUG.
    re_path(r"^static/(?P<path>.+)$", serve, {"insecure": True}),
]
