# Takes a release, whole or not at all, in one exchange. Arguments: project, release, the manifest's size in bytes, whether what is here already
# may be used (yes or no). Variables: receive and zstd, the texts of receive.py and zstd.py.
# Input: the release's manifest, "sha256 x path" of each file that can be run and "sha256 - path" of any other, each ended by a NUL; and after
# this script's answer a compressed tar of project/.
# Output: "lo:wanted present", and nothing more is read; or "lo:wanted", how to compress it (gzip or zstd) and "all" or the hashes that no
# release here has.
# Exit code: 8 a file that was believed to be here is not, or is not what it was.
# A program's start is most of what this costs a host: none is started that has nothing to do.
set -euo pipefail
# The programs say the same everywhere, and none has to load a locale.
export LC_ALL=C
site=/srv/$1 releases=/srv/$1/releases release=$2
if [ -d "$releases/$release/project" ]; then
  head -c "$3" >/dev/null
  echo "lo:wanted present"
  exit
fi
[ -d "$releases" ] || install -d -m 755 "$site" "$releases"
if compgen -G "$releases/.incoming-*" >/dev/null; then
  # What an interrupted transfer left is of no use to anybody.
  find "$releases" -maxdepth 1 -name '.incoming-*' -mmin +60 -exec rm -rf {} +
fi
incoming=$releases/.incoming-$$-$RANDOM$RANDOM
trap 'rm -rf "$incoming"' EXIT
# An interrupted transfer ends once what it reads has ended.
trap 'exit 143' TERM
if command -v python3 >/dev/null; then
  python3 -I -S -c "$receive" "$releases" "$incoming" "$3" "$4" "$zstd"
else
  mkdir -m 755 "$incoming"
  head -c "$3" >"$incoming/manifest"
  echo "lo:wanted gzip all"
  tar -xz -f - --no-same-owner -C "$incoming"
fi
sync -f "$incoming"
[ ! -e "$releases/$release" ] || rm -rf "${releases:?}/$release"
mv -T "$incoming" "$releases/$release"
trap - EXIT
