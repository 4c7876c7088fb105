import logging

# The tests provoke what these warn of: it's no news.
for name in ("django.request", "django.security"):
    logging.getLogger(name).setLevel(logging.CRITICAL)
