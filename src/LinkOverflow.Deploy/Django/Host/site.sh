set -euo pipefail
# The site on this host: its folders, its user, and how its code is run. Argument 1: the project. Exits with 3 where no user was made for it.
project=$1
site=/srv/$project unit=django-$project
user=$(cat /etc/linkoverflow/user 2>/dev/null || true)
id "${user:-/}" >/dev/null 2>&1 || exit 3

as_user() { setpriv --reuid "$user" --regid "$user" --init-groups "$@"; }

# run RELEASE_FOLDER PYTHON_ARGUMENTS...: as the site's user, in the release's own environment, for $limit seconds at most where that is set.
run() { cancellable run_here "$@" </dev/null; }
run_here() {
  local folder=$1
  shift
  cd "$folder/project" && set -a && . "$folder/site.env" && set +a &&
    export PYTHONPATH=$folder PYTHONDONTWRITEBYTECODE=1 HOME=$site/shared &&
    exec ${limit:+timeout --kill-after 5 "$limit"} \
      setpriv --reuid "$user" --regid "$user" --init-groups "$folder/venv/bin/python" "$@" 2>&1 8>&- 9>&-
}

# One publish at a time: the next one waits, and says so.
lock_site() { hold "$unit.publish" "another publish of $project on this host"; }

current() { readlink "$site/current" || true; }
switch() { ln -sfn "$1" "$site/current.new" && mv -T "$site/current.new" "$site/current"; }
