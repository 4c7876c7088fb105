# Makes a site's folders and tells whether a release is there already. Arguments: project, release.
set -euo pipefail
site=/srv/$1 release=$2
install -d -m 755 "$site" "$site/releases"
# What an interrupted transfer left is of no use to anybody.
find "$site/releases" -maxdepth 1 -name '.incoming-*' -mmin +60 -exec rm -rf {} +
[ -d "$site/releases/$release/project" ] && echo present || echo absent
