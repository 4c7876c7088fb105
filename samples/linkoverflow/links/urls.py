from django.urls import path

from .views.links import LinkDetailView, LinkListView, SubmitView
from .views.tags import TagLinkListView, TagListView
from .views.votes import vote

app_name = "links"

urlpatterns = [
    path("", LinkListView.as_view(), name="list"),
    path("submit", SubmitView.as_view(), name="submit"),
    path("links/<int:pk>", LinkDetailView.as_view(), name="detail"),
    path("links/<int:pk>/vote", vote, name="vote"),
    path("tags", TagListView.as_view(), name="tags"),
    path("tags/<slug:slug>", TagLinkListView.as_view(), name="tag"),
]
