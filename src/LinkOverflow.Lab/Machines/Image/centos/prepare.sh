#!/bin/sh
# Makes of a container image of the RedHat family, in which this runs, a machine of the lab that lets in the user $1. Beside it and in
# the folder above lie the files it installs: dnf.conf (this machine's proxy), certificates/.
set -eu
user=$1
here=$(dirname "$0")/..

cat "$here/dnf.conf" >>/etc/dnf/dnf.conf
if [ -n "$(ls "$here/certificates")" ] && [ -d /etc/pki/ca-trust/source/anchors ]; then
  cp "$here"/certificates/* /etc/pki/ca-trust/source/anchors/
  update-ca-trust
fi
# What an image for EC2 has beyond one for containers.
dnf -y --setopt=install_weak_deps=False install \
  systemd dbus openssh-server openssh-clients sudo ca-certificates python3 iproute procps-ng e2fsprogs hostname tar gzip findutils util-linux >&2
dnf clean all >&2

# The kernel keeps this number for whoever watches all of the computer, not for a machine on it.
[ ! -e /etc/pam.d/sshd ] || sed -i 's/^\(session *\)required\( *pam_loginuid.so\)/\1optional\2/' /etc/pam.d/sshd
# Its own services would make keys beside the one that the console shows.
for kind in rsa ecdsa ed25519; do ln -sf /dev/null "/etc/systemd/system/sshd-keygen@$kind.service"; done
systemctl --quiet enable sshd.service >&2 || systemctl --quiet enable ssh.service >&2
sh "$here/machine.sh" / "$user" >&2
