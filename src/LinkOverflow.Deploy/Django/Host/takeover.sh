# How one release takes over from another. Expects the scripts before it, and $folder, $before, $release, $address, $health, $timeout.
started=$(date '+%F %T')
backup= migrated=

unchanged() {
  [ -z "$before" ] || echo "The site stays as it was." >&2
  exit "$1"
}

# Has the release tell what it is; passes its findings on. A first release migrates while it is at it, where there is nothing to be lost:
# each start of Django costs as much as all else that is done here.
examine() {
  local code=0 first=
  [ -n "$before" ] || first=first
  limit=$([ -n "$before" ] && echo 600 || echo 3600) run "$folder" -m linkoverflow_release examine $first >"$folder/examined" || code=$?
  sqlite_files=$(sed -n 's/^lo:database //p' "$folder/examined")
  if [ "$code" != 0 ]; then
    cat "$folder/examined" >&2
    [ "$code" = 4 ] || unchanged 6
    remove_databases
    exit 4
  fi
  grep -v -e '^lo:database ' -e '^lo:foreign ' -e '^lo:migrate ' -e '^lo:pending ' -e '^lo:unknown ' "$folder/examined" || true
  foreign=$(sed -n 's/^lo:foreign //p' "$folder/examined")
  migrating=$(sed -n 's/^lo:migrate //p' "$folder/examined")
  pending=$(sed -n 's/^lo:pending //p' "$folder/examined")
  unknown=$(sed -n 's/^lo:unknown //p' "$folder/examined")
}

# Whether the release's application can be loaded.
loads() { limit=$timeout run "$folder" -m linkoverflow_release load >&2; }

# What a failed migration has done to a database that is not a SQLite file cannot be put back here.
stays_migrated() {
  [ -n "$foreign" ] || return 0
  local dump
  dump=$(last_dump)
  echo "The database is $foreign, which is not put back here: what was migrated stays migrated.${dump:+ $dump holds it as it was before.}" >&2
}

# Whether the release's application answers the health check, asked without a server.
answers() {
  local code=0
  limit=$timeout run "$folder" -m linkoverflow_release answer "$address:$port" "$health" >&2 || code=$?
  case $code in
    0) return ;;
    6) unchanged 6 ;;
    124 | 137) echo "$health does not answer within $timeout s." >&2 ;;
  esac
  return 1
}

# Keeps what going back takes, for the case that the site is not well as seen from outside. It belongs to root, as all of $site but shared/.
remember() {
  printf '%s\n' "$release" "$before" "$backup" "$foreign" "$sqlite_files" "--" "$migrated" | install -m 600 /dev/stdin "$site/takeover"
}

# What no trial has foreseen: the release before this one comes back.
take_back() {
  finish
  last_words
  if [ -z "$backup" ]; then
    switch "$before"
    restart_site && healthy || true
  else
    close_gate
    switch "$before"
    if [ "$(fingerprints)" = "$migrated" ]; then
      if restore_databases "$backup"; then rm -rf "$backup"; fi
      stays_migrated
    else
      echo "The site has written to the database since it was changed: it stays as it is, so that nothing is lost; $backup is from before." >&2
    fi
    open_gate
    await_site && healthy || true
  fi
  stop_bridge
  echo "The release before it, ${before#releases/}, is back." >&2
  exit 5
}

# From one release to the other on the same database, without a gap.
replace_code() {
  if ! start_bridge; then
    last_words
    stop_bridge
    unchanged 5
  fi
  switch "releases/$release"
  restart_site && stop_bridge && healthy || take_back
}
