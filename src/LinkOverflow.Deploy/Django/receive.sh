# Takes a release from its input, whole or not at all. Arguments: project, release.
set -euo pipefail
releases=/srv/$1/releases release=$2
incoming=$(mktemp -d "$releases/.incoming-XXXXXX")
trap 'rm -rf "$incoming"' EXIT
mkdir "$incoming/project"
tar -xz -f - --no-same-owner -C "$incoming/project"
chmod 755 "$incoming"
# Compiled here once, since the site's user may not write into its own code; later, where Python comes with Puppet.
if command -v python3 >/dev/null; then
  python3 -m compileall -q "$incoming/project" >/dev/null 2>&1 || true
  touch "$incoming/compiled"
fi
sync -f "$incoming"
rm -rf "${releases:?}/$release"
mv -T "$incoming" "$releases/$release"
trap - EXIT
