# The SQLite files of a site. Expects site.sh; sqlite_files holds "alias path", one a line, as the release names them.
sqlite_files=

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
