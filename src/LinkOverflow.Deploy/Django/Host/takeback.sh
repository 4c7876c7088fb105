# Takes a release back that is well on its host and not as seen from outside; where another one has come since, or none was before it, the
# site stays. Follows site.sh, release.sh, database.sh, service.sh and takeover.sh. Arguments: project, release, server, port, address,
# health path, health timeout (s). Output: the last lines of the service's log, and what was done.
release=$2 server=$3 port=$4 address=$5 health=$6 timeout=$7
lock_site
finish
{
  read -r taken && read -r before && read -r backup && read -r foreign
  while read -r line && [ "$line" != -- ]; do sqlite_files=$sqlite_files${sqlite_files:+$'\n'}$line; done
  migrated=$(cat)
} <"$site/takeover" || taken=
started=-10min
if [ "$taken" != "$release" ] || [ "$(current)" != "releases/$release" ] || [ -z "$before" ] || [ "$before" = "releases/$release" ]; then
  last_words
  echo "$release stays in use." >&2
elif [ ! -d "$site/$before" ]; then
  last_words
  echo "$release stays in use: the release before it is not kept (KeepReleases)." >&2
else
  take_back
fi
