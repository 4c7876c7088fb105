"""Repacks Debian packages as RPMs: puts one RPM for each .deb of the first folder into the second.

Requirements among the packages of the folder stay; all others are met by what is installed already.
"""
import os
import re
import subprocess
import sys
import tempfile

debs, rpms = sys.argv[1:]

# Where the RedHat family's package brings something that Debian has in another package.
ALSO = {"python3-gunicorn": ["gunicorn"]}


def fields(deb):
    text = subprocess.check_output(["dpkg-deb", "--field", deb], text=True)
    return dict(re.findall(r"^([\w-]+): *(.*(?:\n .*)*)", text, re.M))


def names(dependency):
    """The alternatives of one dependency, without versions and architectures."""
    return [re.split(r"[\s(\[:]", a.strip(), maxsplit=1)[0] for a in dependency.split("|")]


packages = {}
provided = {}
for file in sorted(os.listdir(debs)):
    if file.endswith(".deb"):
        package = fields(os.path.join(debs, file))
        package["File"] = os.path.join(debs, file)
        packages[package["Package"]] = package
        for virtual in package.get("Provides", "").split(","):
            if virtual.strip():
                provided.setdefault(names(virtual)[0], package["Package"])

for name, package in packages.items():
    requires = list(ALSO.get(name, []))
    for dependency in (package.get("Pre-Depends", "") + "," + package.get("Depends", "")).split(","):
        found = [a if a in packages else provided[a] for a in names(dependency) if a in packages or a in provided]
        if found and found[0] != name:
            requires.append(found[0])

    with tempfile.TemporaryDirectory() as work:
        tree = os.path.join(work, "tree")
        subprocess.check_call(["dpkg-deb", "--extract", package["File"], tree])
        for merged in ("bin", "sbin", "lib"):
            # The machine has links there.
            source = os.path.join(tree, merged)
            if os.path.isdir(source):
                subprocess.check_call(["cp", "--archive", "--link", source, os.path.join(tree, "usr")])
                subprocess.check_call(["rm", "-r", source])

        files = []
        for folder, inside, leaves in os.walk(tree):
            path = "/" + os.path.relpath(folder, tree)
            for leaf in leaves + [d for d in inside if os.path.islink(os.path.join(folder, d))]:
                file = os.path.join(path, leaf)
                files.append(("%config(noreplace) " if path.startswith("/etc") else "") + f'"{file}"')
            if not inside and not leaves:
                files.append(f'%dir "{path}"')

        architecture = "noarch" if package["Architecture"] == "all" else os.uname().machine
        spec = os.path.join(work, "package.spec")
        with open(spec, "w", encoding="utf-8") as text:
            text.write(
                "%global __os_install_post %{nil}\n%global debug_package %{nil}\n%global _binary_payload w3.gzdio\n"
                f"Name: {name}\n"
                f"Version: {re.sub(r'^[0-9]+:', '', package['Version']).replace('-', '.')}\n"
                "Release: 1.lab\n"
                f"Summary: {package['Description'].splitlines()[0]}\n"
                f"License: see /usr/share/doc/{name}/copyright\n"
                + "".join(f"Requires: {r}\n" for r in dict.fromkeys(requires))
                + "AutoReqProv: no\n\n"
                f"%description\nDebian's package of this name, repacked for a lab's machine.\n\n"
                f"%install\nmkdir -p %{{buildroot}}\ncp --archive {tree}/. %{{buildroot}}\n\n"
                "%post\nldconfig\n\n"
                "%files\n" + "\n".join(files) + "\n")
        subprocess.run(
            ["rpmbuild", "-bb", "--quiet", "--target", architecture, "--define", f"_topdir {work}/build", "--define", f"_rpmdir {rpms}", spec],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
