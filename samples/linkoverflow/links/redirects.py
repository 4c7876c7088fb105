from django.utils.http import url_has_allowed_host_and_scheme


def next_url(request, default):
    """
    Where the request wants to go on to, if that's a page of this site.

    Anybody can make a link that has a ``next`` in it: followed blindly, it would
    lead people from here to a page that only looks like this site.
    """
    url = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return url
    return default
