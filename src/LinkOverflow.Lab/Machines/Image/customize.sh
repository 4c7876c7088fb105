#!/bin/sh
# Turns a fresh Debian root folder ($1) into a base image of the lab that lets in the user $2. Beside this script lie the files
# it installs: apt.conf and sources/ (this machine's own, where they fit), certificates/.
set -eu
root=$1 user=$2
here=$(dirname "$0")

install -m 644 "$here/apt.conf" "$root/etc/apt/apt.conf.d/90lab"
rm -f "$root/etc/apt/apt.conf.d/99mmdebstrap"
if [ -n "$(ls "$here/certificates")" ]; then
  install -m 644 "$here"/certificates/* "$root/usr/local/share/ca-certificates/"
  chroot "$root" update-ca-certificates >/dev/null
fi
sh "$here/machine.sh" "$root" "$user"
rm -rf "$root/etc/hostname" "$root"/var/cache/apt/archives/*.deb
