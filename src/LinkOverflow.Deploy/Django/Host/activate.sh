# Puts a release into service. A release that fails in any way leaves code and database as they were, and no row that the site
# acknowledged is lost: whatever can be known is tried beside the site in use, on a copy of the database; only a migration holds
# requests back, in the queue of systemd's socket, for as long as it takes.
# Follows site.sh, release.sh, database.sh, service.sh and takeover.sh. Arguments: project, release, server, port, address, health path, health
# timeout (s), releases to keep, shared paths (one a line).
# Input: a tar of site.env and the linkoverflow_*.py.
# Exit codes: 3 no user for the site, 4 the migrations failed, 5 the health check failed, 6 the release does not load,
# 7 its requirements cannot be installed.
release=$2 server=$3 port=$4 address=$5 health=$6 timeout=$7 keep=$8 shared_paths=$9
folder=$site/releases/$release
lock_site
tar -x -f - --no-same-owner -C "$folder"
chmod 600 "$folder/site.env"
chmod 644 "$folder"/*.py
install -d -m 750 -o "$user" -g "$user" "$site/shared" "$site/shared/backups"
install -d -m 755 -o "$user" -g "$user" "$folder/static"
if [ ! -s "$site/shared/secret_key" ]; then
  (umask 077 && head -c 48 /dev/urandom | base64 -w0 >"$site/shared/secret_key.new")
  chown "$user:$user" "$site/shared/secret_key.new"
  mv "$site/shared/secret_key.new" "$site/shared/secret_key"
fi
link_shared "$shared_paths"
before=$(current)
make_environment || unchanged 7

trap 'rm -rf "$site/shared/trial"; [ -z "$compiler" ] || kill "$compiler" 2>/dev/null || true' EXIT
compile_code
examine
[ -z "$unknown" ] || echo "lo:warning the database has migrations that $release does not know:" $unknown
[ -z "$pending" ] || [ -z "$foreign" ] || echo "lo:warning the database is $foreign: its migrations are not tried on a copy, and nothing takes them back"
if [ -n "$before" ] && [ -n "$pending" ] && [ -n "$foreign" ]; then
  # What it answers can be seen only once the migrations have run.
  loads || unchanged 6
elif [ -n "$before" ]; then
  # The trial: nothing of the site in use is touched.
  if [ -n "$pending" ]; then
    copy_databases "$site/shared/trial"
    export LINKOVERFLOW_DATABASE_COPIES=$site/shared/trial
    migrate || unchanged 4
  fi
  answers || unchanged 5
  unset LINKOVERFLOW_DATABASE_COPIES
elif [ -n "$pending" ]; then
  dump_databases
  copy_databases "$site/shared/backups/before-$release"
  if ! migrate; then
    finish
    restore_databases "$site/shared/backups/before-$release"
    stays_migrated
    exit 4
  fi
fi

await_compiled
[ -z "$cancelled" ] || unchanged 143
write_units
if [ -z "$before" ]; then
  switch "releases/$release"
  if ! { restart_site && healthy; }; then
    finish
    last_words
    systemctl disable --now --quiet "$unit.socket" "$unit.service" 2>/dev/null || true
    rm -f "$site/current"
    exit 5
  fi
elif [ -n "$pending" ]; then
  backup=$site/shared/backups/before-$release
  dump_databases
  close_gate
  if ! { copy_databases "$backup" && migrate; }; then
    finish
    rm -rf "$site/shared/trial"
    if restore_databases "$backup"; then rm -rf "$backup"; fi
    open_gate
    await_site && healthy || true
    stays_migrated
    unchanged 4
  fi
  migrated=$(fingerprints) || migrated=unknown
  switch "releases/$release"
  open_gate
  await_site && healthy || take_back
else
  replace_code
fi

touch "$folder/published"
[ -z "$before" ] || [ "$before" = "releases/$release" ] || echo "${before#releases/}" >"$folder/follows"
remember
prune "$keep"
