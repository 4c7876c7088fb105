# Makes a site's folders and tells what of a release is missing here. Arguments: project, release.
# Input: the release's manifest, {path: [sha256, executable]} as JSON.
# Output: "present"; or "all"; or the hashes that no release here has, as a JSON list.
set -euo pipefail
site=/srv/$1 release=$2
install -d -m 755 "$site" "$site/releases"
# What an interrupted transfer left is of no use to anybody.
find "$site/releases" -maxdepth 1 -name '.incoming-*' -mmin +60 -exec rm -rf {} +
if [ -d "$site/releases/$release/project" ]; then
  echo present
elif ! compgen -G "$site/releases/*/manifest.json" >/dev/null || ! command -v python3 >/dev/null; then
  echo all
else
  exec python3 -c "$(cat <<'PYTHON'
import glob, json, sys
wanted = {digest for digest, _ in json.load(sys.stdin).values()}
for path in glob.glob(sys.argv[1] + "/releases/*/manifest.json"):
    with open(path) as file:
        wanted.difference_update(digest for digest, _ in json.load(file).values())
print(json.dumps(sorted(wanted)))
PYTHON
  )" "$site"
fi
