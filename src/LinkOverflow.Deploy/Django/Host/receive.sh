# Takes a release, whole or not at all, in one exchange. Arguments: project, release, the manifest's size in bytes, whether what is here already
# may be used (yes or no).
# Input: the release's manifest, {path: [sha256, executable]} as JSON; and after this script's answer a compressed tar of project/.
# Output: "lo:wanted present", and nothing more is read; or "lo:wanted all"; or "lo:wanted " and the hashes that no release here has, as a JSON list.
# Exit code: 8 a file that was believed to be here is not, or is not what it was.
set -euo pipefail
site=/srv/$1 releases=/srv/$1/releases release=$2
install -d -m 755 "$site" "$releases"
# What an interrupted transfer left is of no use to anybody.
find "$releases" -maxdepth 1 -name '.incoming-*' -mmin +60 -exec rm -rf {} +
incoming=$(mktemp -d "$releases/.incoming-XXXXXX")
trap 'rm -rf "$incoming"' EXIT
head -c "$3" >"$incoming/manifest.json"
if [ -d "$releases/$release/project" ]; then
  echo "lo:wanted present"
  exit
fi
wanted=all
if [ "$4" = yes ] && compgen -G "$releases/*/manifest.json" >/dev/null && command -v python3 >/dev/null; then
  wanted=$(python3 -c "$(cat <<'PYTHON'
import glob, json, sys
wanted = {digest for digest, _ in json.load(sys.stdin).values()}
for path in glob.glob(sys.argv[1] + "/*/manifest.json"):
    with open(path) as file:
        wanted.difference_update(digest for digest, _ in json.load(file).values())
print(json.dumps(sorted(wanted)))
PYTHON
  )" "$releases" <"$incoming/manifest.json")
fi
echo "lo:wanted $wanted"
tar -xz -f - --no-same-owner -C "$incoming"
chmod 755 "$incoming"
if [ "$wanted" != all ]; then
  python3 -c "$(cat <<'PYTHON'
import glob, hashlib, json, os, shutil, stat, sys
releases, incoming = map(os.path.realpath, sys.argv[1:3])


def manifest_of(folder):
    with open(os.path.join(folder, "manifest.json")) as file:
        return json.load(file)


def is_own(path):
    # Not by way of a shared path, where the site's user may write.
    if os.path.realpath(path) != path or not os.path.isfile(path):
        return False
    status = os.stat(path)
    return status.st_uid == 0


def digest_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


wanted = manifest_of(incoming)
places = {}
for folder in [incoming, *(os.path.dirname(path) for path in glob.glob(releases + "/*/manifest.json"))]:
    for name, (digest, executable) in manifest_of(folder).items():
        path = os.path.join(folder, "project", name)
        if os.path.exists(path):
            places.setdefault(digest, []).append((path, executable))
for name, (digest, executable) in wanted.items():
    path = os.path.join(incoming, "project", name)
    if os.path.lexists(path):
        continue
    # The same mode first: a hard link has the mode of what it links to.
    for source, mode in sorted(places.get(digest, []), key=lambda place: place[1] != executable):
        if is_own(source) and digest_of(source) == digest:
            break
    else:
        print(f"{name} is not in any release here any more.", file=sys.stderr)
        sys.exit(8)
    if mode != executable:
        shutil.copyfile(source, path)
        os.chmod(path, 0o755 if executable else 0o644)
        continue
    os.link(source, path)
    if name.endswith(".py"):
        # With what Python compiled of it, which tells by the source's time whether it is still right.
        folder, file = os.path.split(source)
        compiled = os.path.join("__pycache__", f"{file[:-3]}.{sys.implementation.cache_tag}.pyc")
        new = os.path.join(os.path.dirname(path), "__pycache__")
        if file == os.path.basename(path) and is_own(os.path.join(folder, compiled)):
            os.makedirs(new, exist_ok=True)
            os.link(os.path.join(folder, compiled), os.path.join(os.path.dirname(path), compiled))
PYTHON
  )" "$releases" "$incoming"
fi
# Compiled here once, since the site's user may not write into its own code; later, where Python comes with Puppet.
if command -v python3 >/dev/null; then
  python3 -m compileall -q "$incoming/project" >/dev/null 2>&1 || true
  touch "$incoming/compiled"
fi
sync -f "$incoming"
rm -rf "${releases:?}/$release"
mv -T "$incoming" "$releases/$release"
trap - EXIT
