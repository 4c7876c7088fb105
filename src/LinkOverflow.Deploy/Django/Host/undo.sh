# Goes back to an earlier release.
# Follows site.sh, release.sh, database.sh, service.sh and takeover.sh. Arguments: project, release (empty: the one before), server, port,
# address, health path, health timeout (s), whether the database goes back too (yes or no).
# Exit codes: as activate.sh; 9 there is no such release.
release=$2 server=$3 port=$4 address=$5 health=$6 timeout=$7 database=$8
lock_site
before=$(current)
used=${before#releases/}
by_time=$(cd "$site/releases" 2>/dev/null && ls -1td -- */published 2>/dev/null | sed 's,/published$,,') || true
if [ -z "$before" ]; then
  echo "No release of $project is in use on this host." >&2
  exit 9
fi
# The one before is the one that was in use until it; where that is gone, the one that was published before it.
if [ -z "$release" ]; then
  release=$(cat "$site/releases/$used/follows" 2>/dev/null || true)
  grep -qx -- "${release:-/}" <<<"$by_time" || release=$(sed -n "/^$used\$/{n;p}" <<<"$by_time")
fi
if [ -z "$release" ] || ! grep -qx -- "$release" <<<"$by_time"; then
  echo "There is no ${release:-earlier release} to go back to; this host holds:" $by_time >&2
  exit 9
fi
[ "$release" != "$used" ] || { echo "$release is in use already." >&2; exit 9; }
folder=$site/releases/$release
trap 'rm -rf "$site/shared/trial"' EXIT
examine
if [ "$database" = yes ] && [ -n "$foreign" ]; then
  echo "The database is $foreign, which nothing here puts back: go back without the database, and restore a dump of $site/shared/backups yourself." >&2
  unchanged 1
fi

# The database as it was before anything was migrated that came after the release: the first backup since it was last published that was
# made for a release which then came into use.
then=
if [ "$database" = yes ]; then
  while read -r _ backed; do
    if [ -e "$site/releases/${backed##*/before-}/published" ]; then
      then=$backed
      break
    fi
  done < <(find "$site/shared/backups" -mindepth 2 -maxdepth 2 -path '*/before-*/complete' -newer "$folder/published" -printf '%T@ %h\n' | sort -n)
  [ -n "$then" ] || echo "lo:note nothing was migrated since $release: the database stays"
fi
if [ -z "$then" ] && [ -n "$pending" ]; then
  echo "$release needs migrations that the database does not have:" $pending >&2
  echo "Publish it instead: that runs them." >&2
  unchanged 1
fi

[ -z "$cancelled" ] || unchanged 143
write_units
if [ -z "$then" ]; then
  [ -z "$unknown" ] || echo "lo:warning the database has migrations that $release does not know:" $unknown
  answers || unchanged 5
  replace_code
else
  backup=$site/shared/backups/undone-$used-$(date +%s)
  close_gate
  if ! { copy_databases "$backup" && restore_databases "$then"; }; then
    finish
    restore_databases "$backup"
    open_gate
    await_site && healthy || true
    unchanged 5
  fi
  migrated=$(fingerprints) || migrated=unknown
  switch "releases/$release"
  open_gate
  await_site && healthy || take_back
  echo "lo:note the database is as it was before ${then##*/before-}; as it was until now it is in $backup"
fi
remember
echo "$release"
