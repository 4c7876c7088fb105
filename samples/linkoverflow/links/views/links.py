from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.shortcuts import redirect
from django.views.generic import CreateView, DetailView, ListView

from ..forms import LinkForm
from ..models import Link, Tag, Vote
from ..voting import cast_vote

POPULAR_TAGS = 12
RELATED_LINKS = 5


class LinkListView(ListView):
    """The links: the top ones, or the newest."""

    template_name = "links/link_list.html"
    context_object_name = "links"
    paginate_by = 10

    @property
    def tab(self):
        return "newest" if self.request.GET.get("tab") == "newest" else "top"

    def get_queryset(self):
        links = Link.objects.seen_by(self.request.user)
        return links.newest() if self.tab == "newest" else links.top()

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            tab=self.tab, popular_tags=Tag.objects.in_use()[:POPULAR_TAGS], **kwargs
        )


class LinkDetailView(DetailView):
    template_name = "links/link_detail.html"
    context_object_name = "link"

    def get_queryset(self):
        return Link.objects.seen_by(self.request.user).annotate(
            ups=Count("votes", filter=Q(votes__value=Vote.Direction.UP)),
            downs=Count("votes", filter=Q(votes__value=Vote.Direction.DOWN)),
        )

    def get_context_data(self, **kwargs):
        related = (
            Link.objects.filter(tags__in=self.object.tags.all())
            .exclude(pk=self.object.pk)
            .distinct()
            .top()
        )
        return super().get_context_data(related=related[:RELATED_LINKS], **kwargs)


class SubmitView(LoginRequiredMixin, CreateView):
    form_class = LinkForm
    template_name = "links/submit.html"

    def form_valid(self, form):
        form.instance.author = self.request.user
        try:
            with transaction.atomic():
                link = form.save()
                link.tags.set(
                    Tag.objects.get_or_create(slug=slug)[0]
                    for slug in form.cleaned_data["tags"]
                )
                # Who posts a link likes it.
                cast_vote(self.request.user, link, Vote.Direction.UP)
        except IntegrityError:
            # Somebody posted the same address since the form looked for it.
            form = self.get_form()
            if form.is_valid():
                raise
            return self.form_invalid(form)
        messages.success(self.request, "Thank you, your link is posted.")
        return redirect(link)
