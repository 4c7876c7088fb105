"""Serves what collectstatic gathered, in front of the site's own application."""
import mimetypes
import os
import re
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import urlsplit
from wsgiref.util import FileWrapper

# Django's ManifestStaticFilesStorage puts a hash of the content into the name: such a file never changes.
_HASHED = re.compile(r"\.[0-9a-f]{12}\.[^/]+$")


class StaticFiles:
    def __init__(self, application, url, root):
        self.application = application
        # Files at another host's address are not served here.
        self.prefix = None if urlsplit(url).netloc or url == "/" else url
        self.root = os.path.realpath(root)

    def __call__(self, environ, start_response):
        # WSGI gives the path's bytes as Latin-1.
        path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        if self.prefix is None or not path.startswith(self.prefix) or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.application(environ, start_response)
        file = self.find(path[len(self.prefix):])
        # What is not there may be a view of the project's.
        return self.application(environ, start_response) if file is None else self.send(file, environ, start_response)

    def find(self, name):
        if "\0" in name:
            return None
        file = os.path.realpath(os.path.join(self.root, name.lstrip("/")))
        return file if file.startswith(self.root + os.sep) and os.path.isfile(file) else None

    def send(self, file, environ, start_response):
        status = os.stat(file)
        modified = formatdate(int(status.st_mtime), usegmt=True)
        headers = [
            ("Last-Modified", modified),
            ("Cache-Control", "public, max-age=31536000, immutable" if _HASHED.search(file) else "public, max-age=60"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if self.is_known(environ.get("HTTP_IF_MODIFIED_SINCE"), status):
            start_response("304 Not Modified", headers)
            return []
        kind, encoding = mimetypes.guess_type(file)
        kind = "application/octet-stream" if kind is None or encoding else kind
        headers += [
            ("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") or kind == "application/javascript" else kind),
            ("Content-Length", str(status.st_size)),
        ]
        start_response("200 OK", headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            return []
        return environ.get("wsgi.file_wrapper", FileWrapper)(open(file, "rb"))

    @staticmethod
    def is_known(since, status):
        try:
            return since is not None and parsedate_to_datetime(since).timestamp() >= int(status.st_mtime)
        except (TypeError, ValueError):
            return False
