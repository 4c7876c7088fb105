"""Asks for what no release here holds, unpacks it, links the rest to what is here, and compiles.

Arguments: the folder of the releases, the new one's there, which this makes, the manifest's size in bytes, whether what is here may be used
(yes or no), the text of zstd.py. Input: the manifest; then, as asked for, a compressed tar.
Few imports, of what is cheap, and few calls for each file, since most of the time goes to them. Paths are bytes, as a name need not be text.
An entry is a line of a manifest: the digest in 64 characters, x or - in the 66th, the path from the 68th on. Beside a manifest there is for
each entry when its file was written, how long it is, and its inode, by which a later release tells, much as rsync does, that nobody has
altered it since.
"""
import fcntl
import os
import stat
import sys

releases, incoming = (os.path.realpath(os.fsencode(path)) for path in sys.argv[1:3])
project = incoming + b"/project/"
# So many contents: 500 of them, 5 MB, take 40 ms less than by gzip.
WORTH_ZSTD = 64
# A folder, and whether it is where its path says, and not by way of a shared path, where the site's user may write.
is_real = {}


def widen_input():
    """Lets sshd be rid of what it receives: for what waits in it, it grows its buffer packet by packet, and copies the buffer each time.

    A pipe of 1 MiB, the most that any user may have (pipe(7)), takes a third off the processor time of a transfer of 4 MB to a busy host.
    """
    try:
        fcntl.fcntl(0, getattr(fcntl, "F_SETPIPE_SZ", 1031), 1 << 20)
    except OSError:
        # No pipe, or too many of them: slower.
        pass


def read_manifest(size):
    """To its place, and no byte more than it."""
    with open(0, "rb", buffering=0, closefd=False) as source, open(incoming + b"/manifest", "wb") as file:
        while size:
            block = source.read(size)
            if not block:
                sys.exit("The manifest breaks off.")
            file.write(block)
            size -= len(block)


def entries_of(folder):
    with open(folder + b"/manifest", "rb") as file:
        return [entry for entry in file.read().split(b"\0") if entry]


def stamps_of(folder, entries):
    """Each entry's stamp; none where a release has none, as those that an earlier version of this brought."""
    try:
        with open(folder + b"/stamps", "rb") as file:
            stamps = file.read().split(b"\n")
    except OSError:
        stamps = []
    return stamps if len(stamps) == len(entries) else [None] * len(entries)


def stamp_of(status):
    # The inode, since what came together has one time: files that were exchanged for each other differ in nothing else. Links share it.
    return b"%d %d %d" % (status.st_mtime_ns, status.st_size, status.st_ino)


def write_stamps(entries):
    with open(incoming + b"/stamps", "wb") as file:
        file.write(b"\n".join([stamp_of(os.lstat(project + entry[67:])) for entry in entries]))


def held_releases():
    """Each release's folder and entries with their stamps, the newest first, which has the most in common with the next one."""
    held = []
    for release in os.scandir(releases):
        try:
            # What begins with a dot is still coming.
            if not release.name.startswith(b"."):
                entries = entries_of(release.path)
                held.append((release.stat().st_mtime, release.path, dict(zip(entries, stamps_of(release.path, entries)))))
        except OSError:
            # It has no manifest, or is being removed.
            pass
    return [(folder, entries) for _, folder, entries in sorted(held, key=lambda one: one[:2], reverse=True)]


def own_status(path):
    """None where it is no file of a release's own."""
    folder = path.rpartition(b"/")[0]
    if folder not in is_real:
        is_real[folder] = os.path.realpath(folder) == folder
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status if is_real[folder] and stat.S_ISREG(status.st_mode) and status.st_uid == 0 else None


def has(path, digest, stamp):
    """Whether a release's own file is still what its manifest says."""
    status = own_status(path)
    if not status or stamp == stamp_of(status):
        return status is not None
    import hashlib

    actual = hashlib.sha256()
    file = os.open(path, os.O_RDONLY)
    try:
        for block in iter(lambda: os.read(file, 1 << 16), b""):
            actual.update(block)
    finally:
        os.close(file)
    return actual.hexdigest().encode() == digest


def zstd_for(lacking):
    """What zstd.py defines, which takes 7 ms of processor to load; None where that is not worth it, or there is no libzstd."""
    if lacking < WORTH_ZSTD:
        return None
    try:
        names = {}
        exec(sys.argv[5], names)
        return names["Zstd"]()
    except Exception:
        # Not here; or ctypes fails, as that of old Pythons does (MemoryError) where memory may not be written and run.
        return None


def unpack(zstd):
    source = os.dup(0)
    if zstd:
        reader, writer = os.pipe()
        os.dup2(reader, 0)
        os.close(reader)
    tar = os.spawnvp(os.P_NOWAIT, "tar", ["tar", "-x" if zstd else "-xz", "-f", "-", "--no-same-owner", "-C", incoming])
    os.close(0)
    try:
        if zstd:
            zstd.decompress(source, writer)
    except BrokenPipeError:
        # tar has ended before, and tells why.
        pass
    finally:
        # Whatever goes wrong, nothing is written any more once this has ended.
        if zstd:
            os.close(writer)
        status = os.waitpid(tar, 0)[1]
    if status:
        sys.exit(f"tar ended with {os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)}.")


def compiled_of(path):
    folder, _, file = path.rpartition(b"/")
    return b"%s/__pycache__/%s.%s.pyc" % (folder, file[:-3], sys.implementation.cache_tag.encode())


def link(source, path):
    """With what Python compiled of it, which tells by the source's time whether it is still right."""
    os.link(source, path)
    if path.endswith(b".py"):
        compiled = compiled_of(source)
        if os.path.basename(source) == os.path.basename(path) and own_status(compiled):
            os.makedirs(os.path.dirname(compiled_of(path)), exist_ok=True)
            os.link(compiled, compiled_of(path))


def link_unchanged(folder, entries, needed):
    """Links what a release has at the same place, and returns what is needed still."""
    rest = []
    for entry in needed:
        source = folder + b"/project/" + entry[67:]
        if entry in entries and has(source, entry[:64], entries[entry]):
            link(source, project + entry[67:])
        else:
            rest.append(entry)
    return rest


def take(needed, held):
    """Links what a release has at another place, or copies it where its mode differs, as a hard link has the mode of what it links to."""
    digests = {entry[:64] for entry in needed}
    places = {}
    for folder, entries in held:
        for entry, stamp in entries.items():
            if entry[:64] in digests:
                places.setdefault(entry[:64], []).append((entry[65:66], folder + b"/project/" + entry[67:], stamp))
    for entry in needed:
        digest, mode, path = entry[:64], entry[65:66], project + entry[67:]
        for other_mode, source, stamp in sorted(places.get(digest, []), key=lambda place: place[0] != mode):
            if has(source, digest, stamp):
                break
        else:
            print(f"{os.fsdecode(path)} is not in any release here any more.", file=sys.stderr)
            sys.exit(8)
        if mode == other_mode:
            link(source, path)
        else:
            import shutil

            shutil.copyfile(source, path)
            os.chmod(path, 0o755 if mode == b"x" else 0o644)


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


widen_input()
# The site's user reads what this makes, whatever the one who logs in has for an umask.
os.umask(0o022)
os.mkdir(incoming)
read_manifest(int(sys.argv[3]))
wanted = entries_of(incoming)
held = held_releases() if sys.argv[4] == "yes" else []
lacking = {entry[:64] for entry in wanted}.difference(*([entry[:64] for entry in entries] for _, entries in held))
zstd = zstd_for(len(lacking))
print("lo:wanted", "zstd" if zstd else "gzip", " ".join(sorted(map(bytes.decode, lacking))) if held else "all", flush=True)
unpack(zstd)
needed = [entry for entry in wanted if not os.path.lexists(project + entry[67:])]
for folder, entries in held:
    needed = link_unchanged(folder, entries, needed) if needed else needed
take(needed, held)
write_stamps(wanted)
sources = [project + entry[67:] for entry in wanted if entry.endswith(b".py")]
uncompiled = [path for path in sources if not os.path.exists(compiled_of(path))]
if uncompiled:
    compile_all(uncompiled)
