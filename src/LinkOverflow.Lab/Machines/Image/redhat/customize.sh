#!/bin/sh
# Makes of the lab's Debian root folder ($1) a machine of the RedHat family: dnf and rpm are the only package managers, with
# a repository on the machine itself. What its packages hold comes from Debian, for no RedHat registry need be reachable.
set -eu
root=$1
here=$(dirname "$0")
lab=/usr/share/lab

install -d "$root$lab/rpms" "$root$lab/debs/partial"
install -m 644 "$here/rpms.py" "$here/lab-release.spec" "$root$lab/"
# On Debian the database of root's own packages would lie in root's home.
install -d "$root/etc/rpm"
echo '%_dbpath /var/lib/rpm' >"$root/etc/rpm/macros"

chroot "$root" apt-get -q -y --no-install-recommends --download-only -o "Dir::Cache::archives=$lab/debs" install puppet-agent python3-django gunicorn
chroot "$root" python3 "$lab/rpms.py" "$lab/debs" "$lab/rpms"
chroot "$root" rpmbuild -bb --quiet --define "_topdir $lab/build" --define "_rpmdir $lab/rpms" "$lab/lab-release.spec"
chroot "$root" createrepo_c --quiet "$lab/rpms"
rm -f "$root/etc/os-release" "$root/etc/debian_version" "$root/usr/lib/os-release"
chroot "$root" rpm --force-debian --install "$lab/rpms/noarch/lab-release-9-1.lab.noarch.rpm"
ln -sf dnf "$root/usr/bin/yum"

# Nobody here has apt or dpkg.
rm -rf "$root$lab/debs" "$root$lab/build" "$root$lab/rpms.py" "$root$lab/lab-release.spec"
rm -rf "$root/usr/bin/apt" "$root"/usr/bin/apt-* "$root/usr/bin/dpkg" "$root"/usr/bin/dpkg-*
