# The databases of a site. Expects site.sh; sqlite_files holds "alias path", one a line, as the release names them, and migrating the aliases
# of databases that lack migrations.
sqlite_files= migrating=

sqlite() {
  as_user python3 - "$@" <<'PYTHON'
import contextlib, hashlib, sqlite3, sys
action, path = sys.argv[1:3]
with contextlib.closing(sqlite3.connect(path, timeout=60)) as database:
    if action == "copy":
        with contextlib.closing(sqlite3.connect(sys.argv[3], timeout=60)) as copy:
            database.backup(copy)
    else:  # fingerprint: of all that is committed
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        with open(path, "rb") as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
        print(digest.hexdigest())
PYTHON
}

# copy_databases TO: by SQLite's own backup API, which takes a consistent copy while others write.
copy_databases() {
  rm -rf "$1" && install -d -m 700 -o "$user" -g "$user" "$1" || return 1
  local alias path
  while read -r alias path; do
    if [ -s "$path" ]; then sqlite copy "$path" "$1/$alias.sqlite3" || return 1; fi
  done <<<"$sqlite_files"
  touch "$1/complete"
}

remove_database() { rm -f -- "$1" "$1-wal" "$1-shm" "$1-journal"; }

# What a first release has made of nothing.
remove_databases() {
  local alias path
  while read -r alias path; do
    [ -z "$path" ] || remove_database "$path"
  done <<<"$sqlite_files"
}

# restore_databases FROM: into the files that are there, as one transaction each; a file that was not there goes.
restore_databases() {
  [ -e "$1/complete" ] || return 0
  local alias path
  while read -r alias path; do
    if [ -f "$1/$alias.sqlite3" ]; then
      sqlite copy "$1/$alias.sqlite3" "$path" || return 1
    elif [ -n "$path" ]; then
      remove_database "$path"
    fi
  done <<<"$sqlite_files"
}

# What is committed, as a text to compare.
fingerprints() {
  local alias path
  while read -r alias path; do
    if [ -s "$path" ]; then sqlite fingerprint "$path"; fi
  done <<<"$sqlite_files"
}

# Runs what is pending, database by database.
migrate() {
  local aliases alias
  mapfile -t aliases <<<"$migrating"
  for alias in "${aliases[@]}"; do
    [ -z "$alias" ] || run "$folder" manage.py migrate --noinput --database "$alias" >&2 || return 1
  done
}

# What is not a SQLite file is written down as SQL before it is migrated, while the site still answers. Nothing here ever puts it back: another
# host may have written to it since. That it cannot be is a warning.
dump_databases() {
  local aliases into=$site/shared/backups/dump-$release-$(date +%s)
  [ -n "$foreign" ] && [ -n "$migrating" ] && ! grep -qx 'LINKOVERFLOW_DUMPS="no"' "$folder/site.env" || return 0
  mapfile -t aliases <<<"$migrating"
  install -d -m 700 -o "$user" -g "$user" "$into"
  if ! limit=900 run "$folder" -m linkoverflow_release dump "$into" "${aliases[@]}" >"$folder/dumped"; then
    rm -f "$into"/*.new
    echo "lo:warning the database is $foreign, and could not be backed up before its migrations within 900 s: $(grep -v '^lo:' "$folder/dumped" | tail -n 1)"
  fi
  grep '^lo:warning ' "$folder/dumped" || true
  if grep -q '^lo:dumped ' "$folder/dumped"; then
    echo "lo:note the database as it was before its migrations is in $into"
  else
    rm -rf "$into"
  fi
}

# The newest of those that were made for the release, where there is one.
last_dump() { ls -1dt "$site/shared/backups/dump-$release-"* 2>/dev/null | head -n 1 || true; }
