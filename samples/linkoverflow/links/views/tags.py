from django.shortcuts import get_object_or_404
from django.views.generic import ListView

from ..models import Tag
from .links import LinkListView


class TagListView(ListView):
    template_name = "links/tag_list.html"
    context_object_name = "tags"
    queryset = Tag.objects.in_use()


class TagLinkListView(LinkListView):
    """The links that have one tag."""

    def get_queryset(self):
        self.tag = get_object_or_404(Tag, slug=self.kwargs["slug"])
        return super().get_queryset().filter(tags=self.tag)

    def get_context_data(self, **kwargs):
        return super().get_context_data(tag=self.tag, **kwargs)
