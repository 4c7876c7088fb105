# Puts a release into service; on failure the one before it comes back.
# Arguments: project, release, server, port, address, health path, health timeout (s), releases to keep.
# Input: a tar of site.env, linkoverflow_settings.py and linkoverflow_wsgi.py.
# Exit codes: 3 no user for the site, 4 the migrations failed, 5 the health check failed.
set -euo pipefail
project=$1 release=$2 server=$3 port=$4 address=$5 health=$6 timeout=$7 keep=$8
site=/srv/$project folder=/srv/$project/releases/$release unit=django-$project
database=$site/shared/db.sqlite3

user=$(cat /etc/linkoverflow/user 2>/dev/null || true)
id "${user:-/}" >/dev/null 2>&1 || exit 3

tar -x -f - --no-same-owner -C "$folder"
chown root:"$user" "$folder"/site.env && chmod 640 "$folder"/site.env
chmod 644 "$folder"/*.py
if [ ! -e "$folder/compiled" ]; then
  python3 -m compileall -q "$folder/project" >/dev/null 2>&1 || true
  touch "$folder/compiled"
fi
install -d -m 750 -o "$user" -g "$user" "$site/shared" "$site/shared/backups"
if [ ! -s "$site/shared/secret_key" ]; then
  (umask 077 && head -c 48 /dev/urandom | base64 -w0 >"$site/shared/secret_key.new")
  chown "$user:$user" "$site/shared/secret_key.new"
  mv "$site/shared/secret_key.new" "$site/shared/secret_key"
fi

# As the site's user, in the release's own environment.
manage() {
  (cd "$folder/project" && set -a && . "$folder/site.env" && set +a &&
    PYTHONPATH=$folder PYTHONDONTWRITEBYTECODE=1 setpriv --reuid "$user" --regid "$user" --init-groups python3 manage.py "$@" 2>&1)
}
copy_database() {
  setpriv --reuid "$user" --regid "$user" --init-groups python3 - "$1" "$2" <<'PYTHON'
import contextlib, sqlite3, sys
with contextlib.closing(sqlite3.connect(sys.argv[1])) as source, contextlib.closing(sqlite3.connect(sys.argv[2])) as copy:
    source.backup(copy)
PYTHON
}

backup=
if [ -f "$database" ] && ! manage migrate --check >/dev/null; then
  backup=$site/shared/backups/before-$release.sqlite3
  rm -f "$backup"
  copy_database "$database" "$backup"
fi
if ! manage migrate --noinput; then
  if [ -n "$backup" ]; then
    copy_database "$backup" "$database"
  elif [ ! -e "$site/current" ]; then
    rm -f "$database" "$database"-wal "$database"-shm
  fi
  exit 4
fi

before=$(readlink "$site/current" || true)
switch() { ln -sfn "$1" "$site/current.new" && mv -T "$site/current.new" "$site/current"; }

# gunicorn takes its socket from systemd, so that the port stays open while one release follows the other.
write_unit() {
  local file=/etc/systemd/system/$1
  cat >"$file.new"
  if cmp -s "$file.new" "$file"; then rm "$file.new"; return; fi
  # systemd reads new units by itself; a reload, for those that it knows already, costs as much as all the rest here.
  if [ -e "$file" ]; then reload=yes; fi
  mv "$file.new" "$file"
  changed=$1
}
reload=
changed=
if [ "$server" = gunicorn ]; then
  type=notify
  # Loaded once for all workers: half the time and memory, and a project that cannot be imported fails the start itself.
  start="/usr/bin/gunicorn --preload --workers 2 --threads 4 --timeout 60 --graceful-timeout 30 linkoverflow_wsgi:application"
  write_unit "$unit.socket" <<UNIT
[Unit]
Description=Port of the Django site $project

[Socket]
ListenStream=$port
Backlog=1024

[Install]
WantedBy=sockets.target
UNIT
else
  type=simple
  start="/usr/bin/python3 manage.py runserver --noreload 0.0.0.0:$port"
  systemctl disable --now --quiet "$unit.socket" 2>/dev/null || true
  rm -f "/etc/systemd/system/$unit.socket"
fi
socket_changed=$changed
requires=
[ "$server" = gunicorn ] && requires="Requires=$unit.socket"
write_unit "$unit.service" <<UNIT
[Unit]
Description=Django site $project
After=network.target
$requires

[Service]
Type=$type
User=$user
WorkingDirectory=$site/current/project
EnvironmentFile=$site/current/site.env
Environment=PYTHONPATH=$site/current PYTHONDONTWRITEBYTECODE=1
ExecStart=$start
KillMode=mixed
TimeoutStartSec=$timeout
Restart=always
RestartSec=1
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
UNIT

serve() {
  if [ "$server" = gunicorn ]; then systemctl enable --no-reload --quiet "$unit.socket"; fi
  systemctl enable --no-reload --quiet "$unit.service"
  [ -z "$reload" ] || systemctl daemon-reload
  if [ "$server" = gunicorn ]; then
    if [ -n "$socket_changed" ]; then
      systemctl stop --quiet "$unit.service" 2>/dev/null || true
      systemctl restart "$unit.socket" || return 1
    fi
    systemctl start "$unit.socket" || return 1
  fi
  systemctl reset-failed "$unit.service" 2>/dev/null || true
  systemctl restart "$unit.service"
}
healthy() {
  python3 - "http://127.0.0.1:$port$health" "$address:$port" "$timeout" <<'PYTHON'
import sys, time, urllib.error, urllib.request
url, host, timeout = sys.argv[1], sys.argv[2], float(sys.argv[3])
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay)
deadline = time.monotonic() + timeout
while True:
    try:
        with opener.open(urllib.request.Request(url, headers={"Host": host}), timeout=10):
            sys.exit(0)
    except urllib.error.HTTPError as answer:
        if 300 <= answer.code < 400:
            sys.exit(0)
        last = f"{url} answered {answer.code} {answer.reason}"
    except OSError as error:
        last = f"{url}: {error}"
    if time.monotonic() >= deadline:
        print(last, file=sys.stderr)
        sys.exit(1)
    time.sleep(0.2)
PYTHON
}

started=$(date '+%F %T')
switch "releases/$release"
if ! { serve && healthy; }; then
  journalctl --unit "$unit.service" --since "$started" --no-pager --output cat 2>/dev/null | tail -n 20 >&2
  if [ -n "$before" ] && [ "$before" != "releases/$release" ]; then
    switch "$before"
    [ -z "$backup" ] || copy_database "$backup" "$database"
    serve || true
    echo "The release before it, ${before#releases/}, is back." >&2
  elif [ -z "$before" ]; then
    systemctl disable --now --quiet "$unit.socket" "$unit.service" 2>/dev/null || true
    rm -f "$site/current"
  fi
  exit 5
fi

# Old releases go, the newest by time stay; the one in use always does.
cd "$site/releases"
touch "$release"
{ ls -1t | grep -vx -- "$release" || true; } | tail -n "+$keep" | while read -r old; do rm -rf "./$old"; done
