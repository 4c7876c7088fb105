import os

from django.db import connection
from django.http import HttpResponse, JsonResponse
from django.urls import path

from ledger.models import Entry


def add(request, key):
    Entry.objects.create(key=key)
    return HttpResponse(key, status=201)


def keys(request):
    return JsonResponse(list(Entry.objects.values_list("key", flat=True)), safe=False)


def health(request):
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, "ledger_entry")]
    return JsonResponse({"release": os.environ["LO_RELEASE"], "columns": columns, "secret": os.environ.get("A_SECRET", "")})


urlpatterns = [path("add/<str:key>", add), path("keys", keys), path("health", health)]
