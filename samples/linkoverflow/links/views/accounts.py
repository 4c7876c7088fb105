from django.contrib.auth import login
from django.contrib.auth.forms import UserCreationForm
from django.shortcuts import redirect, resolve_url
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from ..redirects import next_url


@method_decorator(sensitive_post_parameters("password1", "password2"), "dispatch")
@method_decorator(never_cache, "dispatch")
class SignUpView(FormView):
    """Open an account, and be logged in with it."""

    form_class = UserCreationForm
    template_name = "registration/signup.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form):
        login(self.request, form.save())
        return super().form_valid(form)

    def get_success_url(self):
        return next_url(self.request, default=resolve_url("links:list"))

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            next=next_url(self.request, default=""), **kwargs
        )
