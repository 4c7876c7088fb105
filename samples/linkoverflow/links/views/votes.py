from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from ..forms import VoteForm
from ..models import Link
from ..redirects import next_url
from ..voting import cast_vote


@require_POST
def vote(request, pk):
    link = get_object_or_404(Link, pk=pk)
    came_from = next_url(request, default=link.get_absolute_url())
    if not request.user.is_authenticated:
        # Back to the page with the link: login_required would come back here,
        # where only a POST is of use.
        messages.info(request, "Log in to vote.")
        return redirect_to_login(came_from)
    form = VoteForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("A vote is 1, -1, or 0 to withdraw it.")
    cast_vote(request.user, link, form.cleaned_data["value"])
    return redirect(came_from)
