# The site's systemd units. Expects site.sh, $server, $port, $timeout; the units name no release, so that going back needs no other ones.
changed= reload=
write_unit() {
  local file=/etc/systemd/system/$1
  cat >"$file.new"
  if cmp -s "$file.new" "$file"; then rm "$file.new"; return; fi
  # systemd reads new units by itself; a reload, for those that it knows already, costs as much as all the rest here.
  if [ -e "$file" ]; then reload=yes; fi
  mv "$file.new" "$file"
  changed="$changed $1"
}

# service_unit DESCRIPTION RELEASE_FOLDER: gunicorn loads the application before it reports to be ready (--preload), so that a release that
# does not load fails its start; and it closes each connection after its answer (--keep-alive 0), since one that a client believes to be open
# while the release behind it ends is a lost request.
service_unit() {
  local type=notify start="-m gunicorn --preload --workers 2 --threads 4 --timeout 60 --graceful-timeout 30 --keep-alive 0 linkoverflow_wsgi:application"
  if [ "$server" != gunicorn ]; then type=exec start="manage.py runserver --noreload 0.0.0.0:$port"; fi
  cat <<UNIT
[Unit]
Description=$1
After=network.target
StartLimitIntervalSec=0
$([ "$server" != gunicorn ] || echo "Requires=$unit.socket")

[Service]
Type=$type
User=$user
WorkingDirectory=$2/project
EnvironmentFile=$2/site.env
Environment=PYTHONPATH=$2 PYTHONDONTWRITEBYTECODE=1
$([ "$server" != gunicorn ] || echo "Sockets=$unit.socket")
# Held while a publish migrates the database; requests wait in the socket's queue.
ExecStartPre=+/usr/bin/flock /run/lock/$unit.gate true
ExecStart=$2/venv/bin/python $start
KillMode=mixed
TimeoutStartSec=$timeout
Restart=always
RestartSec=1
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
UNIT
}

# Under SELinux systemd may read and start only what is labelled for its place, and what was restored, copied or mounted there keeps the label
# of where it came from. What is in shared folders the site alone reads, and there may be a lot of it.
label() {
  command -v restorecon >/dev/null && selinuxenabled 2>/dev/null || return 0
  restorecon -R "$folder" || true
  restorecon "$site" "$site/releases" "$site/shared" "$site"/shared/* "/etc/systemd/system/$unit".* || true
}

write_units() {
  if [ "$server" = gunicorn ]; then
    write_unit "$unit.socket" <<UNIT
[Unit]
Description=Port of the Django site $project

[Socket]
ListenStream=$port
Backlog=4096
TriggerLimitIntervalSec=0

[Install]
WantedBy=sockets.target
UNIT
  elif [ -e "/etc/systemd/system/$unit.socket" ]; then
    systemctl disable --now --quiet "$unit.socket" 2>/dev/null || true
    rm -f "/etc/systemd/system/$unit.socket"
    reload=yes
  fi
  service_unit "Django site $project" "$site/current" | write_unit "$unit.service"
  label
  if [ "$server" = gunicorn ]; then systemctl enable --no-reload --quiet "$unit.socket"; fi
  systemctl enable --no-reload --quiet "$unit.service"
  [ -z "$reload" ] || systemctl daemon-reload
  if [ "$server" = gunicorn ]; then
    case $changed in *"$unit.socket"*)
      systemctl stop --quiet "$unit.service" 2>/dev/null || true
      systemctl restart "$unit.socket" ;;
    *)
      systemctl start "$unit.socket" ;;
    esac
  fi
}

restart_site() {
  systemctl reset-failed "$unit.service" 2>/dev/null || true
  systemctl restart "$unit.service"
}
await_site() { systemctl start "$unit.service"; }

# A second process of the new release takes requests from the same socket while the service goes from one release to the other.
start_bridge() {
  [ "$server" = gunicorn ] && systemctl is-active --quiet "$unit.service" || return 0
  service_unit "Django site $project, while it is published" "$folder" | sed -e '/^ExecStartPre=/d' -e 's/^Restart=always/Restart=no/' >"/run/systemd/system/$unit-next.service"
  systemctl start "$unit-next.service"
}
stop_bridge() {
  [ -e "/run/systemd/system/$unit-next.service" ] || return 0
  systemctl stop "$unit-next.service" || true
  rm -f "/run/systemd/system/$unit-next.service"
}

# From here to open_gate nobody writes: the release in use has answered what it had begun and ended; requests wait in the socket's queue.
close_gate() {
  exec 9>"/run/lock/$unit.gate"
  flock 9
  systemctl restart --no-block "$unit.service"
  local deadline=$((SECONDS + 180))
  until [ "$(systemctl show --property SubState --value "$unit.service")" = start-pre ]; do
    if [ -n "$cancelled" ]; then
      open_gate
      unchanged 143
    elif [ $SECONDS -ge $deadline ]; then
      open_gate
      echo "The service of $project does not end within 180 s." >&2
      exit 1
    fi
    sleep 0.05
  done
}
open_gate() {
  flock --unlock 9
  exec 9>&-
}

healthy() {
  cancellable python3 - "http://127.0.0.1:$port$health" "$address:$port" "$timeout" <<'PYTHON'
import sys, time, urllib.error, urllib.request
url, host, timeout = sys.argv[1], sys.argv[2], float(sys.argv[3])
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay)
deadline = time.monotonic() + timeout
while True:
    try:
        with opener.open(urllib.request.Request(url, headers={"Host": host}), timeout=min(10, timeout)):
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

# The service's last words since $started, for an error; journalctl's own --lines counts from there, not from the end.
last_words() { journalctl --unit "$unit.service" --unit "$unit-next.service" --since "$started" --no-pager --output cat 2>/dev/null | tail -n 20 >&2 || true; }
