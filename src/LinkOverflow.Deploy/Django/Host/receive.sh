# Takes a release, whole or not at all, in one exchange. Arguments: project, release, the manifest's size in bytes, whether what is here already
# may be used (yes or no).
# Input: the release's manifest, {path: [sha256, executable]} as JSON; and after this script's answer a compressed tar of project/.
# Output: "lo:wanted present", and nothing more is read; or "lo:wanted all"; or "lo:wanted " and the hashes that no release here has, as a JSON list.
# Exit code: 8 a file that was believed to be here is not, or is not what it was.
# One Python does all that takes one, since a start of it costs a host as much as the rest.
set -euo pipefail
site=/srv/$1 releases=/srv/$1/releases release=$2
install -d -m 755 "$site" "$releases"
# What an interrupted transfer left is of no use to anybody.
find "$releases" -maxdepth 1 -name '.incoming-*' -mmin +60 -exec rm -rf {} +
incoming=$(mktemp -d "$releases/.incoming-XXXXXX")
trap 'rm -rf "$incoming"' EXIT
# An interrupted transfer ends once what it reads has ended.
trap 'exit 143' TERM
head -c "$3" >"$incoming/manifest.json"
if [ -d "$releases/$release/project" ]; then
  echo "lo:wanted present"
  exit
fi
# Compiled here once, since the site's user may not write into its own code; later, where Python comes with Puppet.
if [ "$4" = yes ] && compgen -G "$releases/*/manifest.json" >/dev/null && command -v python3 >/dev/null; then
  python3 -I -S -c "$(cat <<'PYTHON'
import glob, hashlib, json, os, py_compile, shutil, subprocess, sys
releases, incoming = map(os.path.realpath, sys.argv[1:3])
RELEASES = [os.path.dirname(path) for path in glob.glob(glob.escape(releases) + "/*/manifest.json")]


def manifest_of(folder):
    with open(os.path.join(folder, "manifest.json")) as file:
        return json.load(file)


def is_own(path):
    # Not by way of a shared path, where the site's user may write.
    return os.path.realpath(path) == path and os.path.isfile(path) and os.stat(path).st_uid == 0


def digest_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def take(name, digest, executable):
    """Links a file to one that is here, or copies it where its mode differs."""
    path = os.path.join(incoming, "project", name)
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
        return
    os.link(source, path)
    if name.endswith(".py"):
        # With what Python compiled of it, which tells by the source's time whether it is still right.
        folder, file = os.path.split(source)
        compiled = os.path.join("__pycache__", f"{file[:-3]}.{sys.implementation.cache_tag}.pyc")
        if file == os.path.basename(path) and is_own(os.path.join(folder, compiled)):
            os.makedirs(os.path.join(os.path.dirname(path), "__pycache__"), exist_ok=True)
            os.link(os.path.join(folder, compiled), os.path.join(os.path.dirname(path), compiled))


wanted = manifest_of(incoming)
held = {folder: manifest_of(folder) for folder in RELEASES}
here = {digest for manifest in held.values() for digest, _ in manifest.values()}
print("lo:wanted", json.dumps(sorted({digest for digest, _ in wanted.values()} - here)), flush=True)
subprocess.run(["tar", "-xz", "-f", "-", "--no-same-owner", "-C", incoming], check=True)
places = {}
for folder, manifest in [(incoming, wanted), *held.items()]:
    for name, (digest, executable) in manifest.items():
        path = os.path.join(folder, "project", name)
        if os.path.exists(path):
            places.setdefault(digest, []).append((path, executable))
for name, (digest, executable) in wanted.items():
    if not os.path.lexists(os.path.join(incoming, "project", name)):
        take(name, digest, executable)
for name in wanted:
    path = os.path.join(incoming, "project", name)
    file = f"{os.path.basename(name)[:-3]}.{sys.implementation.cache_tag}.pyc"
    if name.endswith(".py") and not os.path.exists(os.path.join(os.path.dirname(path), "__pycache__", file)):
        py_compile.compile(path, dfile=path, quiet=2)
PYTHON
  )" "$releases" "$incoming"
  touch "$incoming/compiled"
else
  echo "lo:wanted all"
  tar -xz -f - --no-same-owner -C "$incoming"
  if command -v python3 >/dev/null; then
    python3 -m compileall -q "$incoming/project" >/dev/null 2>&1 || true
    touch "$incoming/compiled"
  fi
fi
chmod 755 "$incoming"
sync -f "$incoming"
rm -rf "${releases:?}/$release"
mv -T "$incoming" "$releases/$release"
trap - EXIT
