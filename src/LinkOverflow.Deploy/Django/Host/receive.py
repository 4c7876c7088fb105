"""Asks for what no release here holds, unpacks it, links the rest to what is here, and compiles.

Arguments: the folder of the releases, the new one's there, whether what is here may be used (yes or no). Input: a compressed tar.
Few imports, of what is cheap, since most of the time goes to them. Paths are bytes, as a name need not be text.
"""
import hashlib
import os
import stat
import sys

releases, incoming = (os.path.realpath(os.fsencode(path)) for path in sys.argv[1:3])
# A folder, and whether it is where its path says, and not by way of a shared path, where the site's user may write.
is_real = {}


def manifest_of(folder):
    with open(folder + b"/manifest", "rb") as file:
        entries = [entry.split(b" ", 2) for entry in file.read().split(b"\0") if entry]
    return {name: (digest, mode == b"x") for digest, mode, name in entries}


def is_own(path):
    folder = os.path.dirname(path)
    if folder not in is_real:
        is_real[folder] = os.path.realpath(folder) == folder
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return is_real[folder] and stat.S_ISREG(status.st_mode) and status.st_uid == 0


def digest_of(path):
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest().encode()


def unpack():
    code = os.spawnvp(os.P_WAIT, "tar", ["tar", "-xz", "-f", "-", "--no-same-owner", "-C", incoming])
    if code:
        sys.exit(f"tar ended with {code}.")


def compiled_of(path):
    folder, file = os.path.split(path)
    return b"%s/__pycache__/%s.%s.pyc" % (folder, file[:-3], sys.implementation.cache_tag.encode())


def take(path, digest, executable, places):
    """Links a file to one that is here, or copies it where its mode differs."""
    # The same mode first: a hard link has the mode of what it links to.
    for source, mode in sorted(places.get(digest, []), key=lambda place: place[1] != executable):
        if is_own(source) and digest_of(source) == digest:
            break
    else:
        print(f"{os.fsdecode(path)} is not in any release here any more.", file=sys.stderr)
        sys.exit(8)
    if mode != executable:
        import shutil
        shutil.copyfile(source, path)
        os.chmod(path, 0o755 if executable else 0o644)
        return
    os.link(source, path)
    if path.endswith(b".py"):
        # With what Python compiled of it, which tells by the source's time whether it is still right.
        compiled = compiled_of(source)
        if os.path.basename(source) == os.path.basename(path) and is_own(compiled):
            os.makedirs(os.path.dirname(compiled_of(path)), exist_ok=True)
            os.link(compiled, compiled_of(path))


def compile_all(paths):
    import warnings
    from importlib.machinery import SourceFileLoader

    warnings.simplefilter("ignore")
    for path in map(os.fsdecode, paths):
        try:
            # Writes what it compiles beside the source, as an import does.
            SourceFileLoader("", path).get_code("")
        except Exception:
            # What is wrong with it, its import tells.
            pass


wanted = manifest_of(incoming)
names = os.listdir(releases) if sys.argv[3] == "yes" else []
held = {path: manifest_of(path) for path in (os.path.join(releases, name) for name in names) if os.path.exists(path + b"/manifest") and path != incoming}
here = {digest for manifest in held.values() for digest, _ in manifest.values()}
lacking = {digest for digest, _ in wanted.values()} - here
print("lo:wanted", " ".join(sorted(map(bytes.decode, lacking))) if held else "all", flush=True)
unpack()
places = {}
for folder, manifest in held.items():
    for name, (digest, executable) in manifest.items():
        places.setdefault(digest, []).append((os.path.join(folder, b"project", name), executable))
project = os.path.join(incoming, b"project")
for name, (digest, executable) in wanted.items():
    path = os.path.join(project, name)
    if not os.path.lexists(path):
        take(path, digest, executable, places)
sources = [os.path.join(project, name) for name in wanted if name.endswith(b".py")]
uncompiled = [path for path in sources if not os.path.exists(compiled_of(path))]
if uncompiled:
    compile_all(uncompiled)
