# What a release consists of besides its files. Expects site.sh and $folder, the release's folder.

# link_shared PATHS, one a line: they live in shared/, and every release leads to them. What the first release brings along is where they start.
link_shared() {
  local path place
  while IFS= read -r path; do
    place=$site/shared/${path%/}
    [ -n "$path" ] && [ "$(readlink -- "$folder/project/${path%/}")" != "$place" ] || continue
    as_user mkdir -p -- "$(dirname -- "$place")"
    mkdir -p -- "$(dirname -- "$folder/project/${path%/}")"
    if [ -L "$folder/project/${path%/}" ]; then
      rm -- "$folder/project/${path%/}"
    elif [ -e "$folder/project/${path%/}" ] && [ ! -e "$place" ]; then
      cp -a -- "$folder/project/${path%/}" "$place.new"
      chown -R "$user:$user" -- "$place.new"
      mv -T -- "$place.new" "$place"
    fi
    # A name with a dot is a file, which the site makes; the rest are folders.
    case $path in */) as_user mkdir -p -- "$place" ;; *) case ${path##*/} in *.*) ;; *) as_user mkdir -p -- "$place" ;; esac ;; esac
    rm -rf -- "$folder/project/${path%/}"
    ln -s -- "$place" "$folder/project/${path%/}"
  done <<<"$1"
}

# The Python of a release: the host's, or where there is a requirements.txt an environment of its own on top of it. What pip fetches and
# builds is kept for the next release.
make_environment() {
  local requirements=$folder/project/requirements.txt cache=$site/shared/wheels
  if [ ! -s "$requirements" ]; then
    mkdir -p "$folder/venv/bin"
    [ -e "$folder/venv/bin/python" ] || ln -s /usr/bin/python3 "$folder/venv/bin/python"
    return
  fi
  [ ! -e "$folder/venv/complete" ] || return 0
  if ! python3 -m pip --version >/dev/null 2>&1; then
    echo "lo:note installing pip"
    if command -v apt-get >/dev/null; then
      DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends python3-pip >&2 || return 1
    else
      "$(command -v dnf || command -v yum)" -y install python3-pip >&2 || return 1
    fi
  fi
  rm -rf "$folder/venv"
  install -d -m 755 -o "$user" -g "$user" "$folder/venv" "$cache"
  echo "lo:note installing requirements.txt"
  # Packages run code of their own while they are installed: as the site's user, in a copy, where what is part of the project can be built.
  # Afterwards it may not write there any more.
  local copy code=0
  copy=$(as_user mktemp -d)
  cp -r "$folder/project/." "$copy" && chown -R "$user:$user" "$copy"
  (cd "$copy" && export HOME=$site/shared PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1 &&
    as_user python3 -m venv --without-pip --system-site-packages "$folder/venv" &&
    as_user python3 -m pip --python "$folder/venv/bin/python" install --quiet --cache-dir "$cache" --requirement requirements.txt) >&2 || code=1
  rm -rf "$copy"
  [ "$code" = 0 ] || return 1
  chown -R root:root "$folder/venv"
  touch "$folder/venv/complete"
}

# prune KEEP: the releases that were published last stay, and the one in use; backups without their release go, and what never worked, but
# for what another publish may just have brought.
prune() {
  local old used
  used=$(basename "$(current)")
  cd "$site/releases"
  for old in *; do
    [ -e "$old/published" ] || [ "$old" = "$used" ] || [ -z "$(find "./$old" -maxdepth 0 -mmin +60)" ] || rm -rf "./$old"
  done
  { ls -1td -- */published | sed 's,/published$,,' | grep -vx -- "$used" || true; } | tail -n "+$1" | while read -r old; do rm -rf "./$old"; done
  for old in "$site"/shared/backups/before-*; do
    [ ! -e "$old" ] || [ -d "${old#"$site"/shared/backups/before-}" ] || rm -rf "$old"
  done
}
