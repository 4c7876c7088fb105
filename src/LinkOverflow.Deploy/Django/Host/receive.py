"""Asks for what no release here holds, links the rest to what is here meanwhile, and unpacks what comes.

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


def held_releases():
    """Each release's folder and entries, the newest first, which has the most in common with the next one."""
    held = []
    for release in os.scandir(releases):
        try:
            # What begins with a dot is still coming.
            if not release.name.startswith(b"."):
                held.append((release.stat().st_mtime, release.path, entries_of(release.path)))
        except OSError:
            # It has no manifest, or is being removed.
            pass
    return [(folder, entries) for _, folder, entries in sorted(held, reverse=True)]


def stamps_of(folder, entries):
    """Each entry's stamp; none where a release has none, as those that an earlier version of this brought."""
    try:
        with open(folder + b"/stamps", "rb") as file:
            stamps = file.read().split(b"\n")
    except OSError:
        stamps = []
    return dict(zip(entries, stamps if len(stamps) == len(entries) else [None] * len(entries)))


def stamp_of(status):
    # The inode, since what came together has one time: files that were exchanged for each other differ in nothing else. Links share it.
    return b"%d %d %d" % (status.st_mtime_ns, status.st_size, status.st_ino)


def write_stamps(wanted, known):
    stamps = []
    for entry in wanted:
        path = project + entry[67:]
        try:
            stamps.append(known.get(entry) or stamp_of(os.lstat(path)))
        except FileNotFoundError:
            gone(path)
    with open(incoming + b"/stamps", "wb") as file:
        file.write(b"\n".join(stamps))


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


def digest_of(path):
    import hashlib

    digest = hashlib.sha256()
    file = os.open(path, os.O_RDONLY)
    try:
        for block in iter(lambda: os.read(file, 1 << 16), b""):
            digest.update(block)
    finally:
        os.close(file)
    return digest.hexdigest().encode()


def unaltered(path, digest, stamp):
    """The stamp that a release's own file has now if it is still what its manifest says, else None."""
    status = own_status(path)
    actual = status and stamp_of(status)
    return actual if actual and (actual == stamp or digest_of(path) == digest) else None


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


def gunzip(source, target):
    """From one file descriptor to the other; exits where it is not one whole stream. tar would start two processes for it."""
    import zlib

    stream = zlib.decompressobj(31)
    with open(target, "wb", closefd=False) as file:
        while not stream.eof:
            block = os.read(source, 1 << 18)
            if not block:
                sys.exit("What came breaks off.")
            try:
                file.write(stream.decompress(block))
            except zlib.error as e:
                sys.exit(f"What came is damaged: {e}")


def unpack(decompress):
    source = os.dup(0)
    reader, writer = os.pipe()
    os.dup2(reader, 0)
    os.close(reader)
    tar = os.spawnvp(os.P_NOWAIT, "tar", ["tar", "-x", "-f", "-", "--no-same-owner", "-C", incoming])
    os.close(0)
    try:
        decompress(source, writer)
    except BrokenPipeError:
        # tar has ended before, and tells why.
        pass
    finally:
        # Whatever goes wrong, nothing is written any more once this has ended.
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


def link_unchanged(needed, folder, entries, known):
    """Links what a release has at the same place, and returns what is needed still. What is linked has its stamp in known from then on."""
    rest = []
    stamps = stamps_of(folder, entries)
    for entry in needed:
        path = entry[67:]
        source = folder + b"/project/" + path
        stamp = unaltered(source, entry[:64], stamps[entry]) if entry in stamps else None
        if stamp:
            link(source, project + path)
            known[entry] = stamp
        else:
            rest.append(entry)
    return rest


def take(needed, held):
    """Links what a release has at another place, or copies it where its mode differs, as a hard link has the mode of what it links to."""
    digests = {entry[:64] for entry in needed}
    places = {}
    for folder, entries in held:
        for entry, stamp in stamps_of(folder, entries).items():
            if entry[:64] in digests:
                places.setdefault(entry[:64], []).append((entry[65:66], folder + b"/project/" + entry[67:], stamp))
    for entry in needed:
        digest, mode, path = entry[:64], entry[65:66], project + entry[67:]
        for other_mode, source, stamp in sorted(places.get(digest, []), key=lambda place: place[0] != mode):
            if unaltered(source, digest, stamp):
                break
        else:
            gone(path)
        if mode == other_mode:
            link(source, path)
        else:
            import shutil

            shutil.copyfile(source, path)
            os.chmod(path, 0o755 if mode == b"x" else 0o644)


def gone(path):
    print(f"{os.fsdecode(path)} is not in any release here any more, and has not come.", file=sys.stderr)
    sys.exit(8)


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
# While what is lacking is packed and on its way.
needed = [entry for entry in wanted if entry[:64] not in lacking]
for folder in {entry[67:].rpartition(b"/")[0] for entry in needed}:
    os.makedirs(project + folder, exist_ok=True)
known = {}
for folder, entries in held:
    needed = needed and link_unchanged(needed, folder, entries, known)
if needed:
    take(needed, held)
unpack(zstd.decompress if zstd else gunzip)
write_stamps(wanted, known)
# Python takes 3 ms to take itself apart.
os._exit(0)
