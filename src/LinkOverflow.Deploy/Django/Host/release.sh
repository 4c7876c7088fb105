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
      rm -rf -- "$place.new"
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

# The Python of a release: the host's, or where there is a requirements.txt an environment of its own on top of it.
make_environment() {
  local requirements=$folder/project/requirements.txt
  if [ ! -s "$requirements" ]; then
    mkdir -p "$folder/venv/bin"
    [ -e "$folder/venv/bin/python" ] || ln -s /usr/bin/python3 "$folder/venv/bin/python"
    return
  fi
  [ ! -e "$folder/venv/complete" ] || return 0
  install_pip || return 1
  rm -rf "$folder/venv"
  install -d -m 755 -o "$user" -g "$user" "$folder/venv" "$site/shared/wheels"
  sha256sum <"$requirements" | cut -c -16 >"$folder/wheels"
  # Packages run code of their own while they are installed: as the site's user, in a copy, where what is part of the project can be built.
  # Afterwards it may not write there any more.
  local copy code=0
  copy=$(as_user mktemp -d)
  cp -r "$folder/project/." "$copy" && chown -R "$user:$user" "$copy"
  cancellable fill_environment "$copy" >&2 || code=1
  rm -rf "$copy"
  [ "$code" = 0 ] || return 1
  chown -R root:root "$folder/venv"
  touch "$folder/venv/complete"
}

# fill_environment COPY: where the project's copy is the folder that its own packages are built from.
fill_environment() {
  cd "$1" && as_user python3 -m venv --without-pip --system-site-packages "$folder/venv" &&
    install_requirements "$site/shared/wheels/$(cat "$folder/wheels")"
}

install_pip() {
  ! python3 -m pip --version >/dev/null 2>&1 || return 0
  echo "lo:note installing pip"
  if command -v apt-get >/dev/null; then
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends python3-pip >&2
  else
    timeout 600 "$(command -v dnf || command -v yum)" -y install python3-pip >&2
  fi
}

# The environment's Python finds the host's pip; pip's own --python is not there before version 22.3.
pip() { as_user env HOME="$site/shared" PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1 "$folder/venv/bin/python" -m pip "$@"; }

# install_requirements WHEELS: without a network where the host has what is asked for, or has installed the same requirements.txt before; its
# wheels are kept for that. Their lack is no failure.
install_requirements() {
  local wheels=$1
  if pip install --quiet --no-index --find-links "$wheels" --requirement requirements.txt >/dev/null 2>&1; then return; fi
  echo "lo:note installing requirements.txt"
  pip install --quiet --cache-dir "$site/shared/wheels/pip" --requirement requirements.txt || return 1
  local installed
  # Not what is part of the project: an index may hold a stranger of the same name.
  mapfile -t installed < <(pip freeze --local | grep -v -e ' @ file:' -e '^[-#]')
  as_user mkdir -p "$wheels"
  [ "${#installed[@]}" = 0 ] ||
    pip wheel --quiet --cache-dir "$site/shared/wheels/pip" --no-deps --wheel-dir "$wheels" -- "${installed[@]}" || true
}

# Has Python compile what is new of the release, since the site's user may not write into its own code. It goes on beside what comes next,
# which needs but little of it: half a second for 450 files of Django's size.
compile_code() {
  compiler=
  [ ! -e "$folder/compiled" ] || return 0
  (umask 022 && exec nice python3 -I -m compileall -q "$folder/project") </dev/null >/dev/null 2>&1 8>&- 9>&- &
  compiler=$!
}

# What is wrong with a file, its import tells.
await_compiled() {
  [ -n "$compiler" ] || return 0
  wait "$compiler" || [ $? = 1 ] || return 0
  compiler=
  touch "$folder/compiled"
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
  for old in "$site"/shared/wheels/*; do
    [ ! -d "$old" ] || [ "${old##*/}" = pip ] || grep -qsx -- "${old##*/}" ./*/wheels || rm -rf "$old"
  done
  for old in "$site"/shared/backups/before-*; do
    [ ! -e "$old" ] || [ -d "${old#"$site"/shared/backups/before-}" ] || rm -rf "$old"
  done
  # Of dumps as many as of releases, whatever became of the release.
  { ls -1dt "$site"/shared/backups/dump-* 2>/dev/null || true; } | tail -n "+$(($1 + 1))" | while read -r old; do rm -rf "$old"; done
}
