"""One spelling for each web address."""
import re
from urllib.parse import urlsplit, urlunsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


def with_scheme(address):
    """People leave https:// out: "python.org" is an address too."""
    if re.match(r"[a-z][a-z0-9+.-]*://", address, re.IGNORECASE):
        return address
    return f"https://{address}"


def canonical(address):
    """
    The spelling by which a valid address is stored, and found when it's posted
    again. It leads to where the address as typed leads.
    """
    parts = urlsplit(address)
    scheme = parts.scheme.lower()
    host = parts.netloc.lower()
    if parts.port == DEFAULT_PORTS[scheme]:
        host = host.rpartition(":")[0]
    return urlunsplit((scheme, host, parts.path or "/", parts.query, parts.fragment))


def domain(address):
    host = urlsplit(address).hostname or ""
    return host[len("www.") :] if host.startswith("www.") else host
