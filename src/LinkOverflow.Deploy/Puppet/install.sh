# Installs Puppet where it is missing, or not from where it is wanted.
# Arguments: the URL of a package that brings Puppet's repository, or Puppet itself; "input:NAME" for such a package as this script's input;
# or nothing for the distribution's own Puppet; and how long to wait for a lock, in seconds.
set -euo pipefail
export PATH=$PATH:/opt/puppetlabs/bin DEBIAN_FRONTEND=noninteractive
url=$1 limit=$2 stamp=/etc/linkoverflow/puppet-from
if command -v puppet >/dev/null && { [ -z "$url" ] || [ "$(cat "$stamp" 2>/dev/null)" = "$url" ]; }; then
  puppet --version
  exit 0
fi

# By what the host is: a lab's or a container's Debian may have dnf, too.
. /etc/os-release
case " $ID ${ID_LIKE:-} " in
  *" debian "* | *" ubuntu "*) family=Debian ;;
  *" rhel "* | *" fedora "* | *" centos "* | *" amzn "*) family=RedHat ;;
  *) if command -v apt-get >/dev/null; then family=Debian; else family=RedHat; fi ;;
esac

# patiently PROGRAM ARGUMENTS...: again while somebody else holds a lock, as cloud-init or a timer may on a fresh machine.
patiently() {
  local log waited=0 holder
  log=$(mktemp)
  until "$@" 2>&1 8>&- | tee "$log" >&2; do
    if ! holder=$(grep -m1 -i -e 'could not get lock' -e 'was locked by another process' -e 'already locked by' -e 'another copy is running' -e 'transaction lock' "$log"); then
      rm -f "$log"
      return 1
    elif [ -n "$cancelled" ]; then
      rm -f "$log"
      return 143
    elif [ "$waited" -ge "$limit" ]; then
      rm -f "$log"
      echo "The lock is still held after $waited s." >&2
      return 1
    fi
    [ $((waited % 30)) != 0 ] || echo "lo:note waiting for a lock, since $waited s, for $limit s at most: ${holder#E: }"
    sleep 2
    waited=$((waited + 2))
  done
  rm -f "$log"
  [ -z "$cancelled" ] || return 143
}
apt() { patiently apt-get -q -y "$@"; }
# By itself it would wait without an end. The options are those that yum 3, dnf 4 and dnf 5 have in common.
yum() { patiently "$(type -P dnf || type -P yum)" -y --setopt=exit_on_lock=True "$@"; }
if [ "$family" = RedHat ] && [ -z "$(type -P dnf yum)" ]; then
  echo "This host has neither apt-get nor dnf nor yum." >&2
  exit 1
fi

# install_file PACKAGE: yum 3 fails where the very package is there already, as after an installation that was cut off.
install_file() {
  if [ "$family" = Debian ]; then
    apt install "$1"
  elif ! rpm -q --quiet -- "$(rpm -qp --nosignature --qf '%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}' -- "$1" 2>/dev/null)"; then
    yum install "$1"
  fi
}

fetch() {
  case $1 in
    input:*) cat >"$2" ;;
    file://*) cp -- "${1#file://}" "$2" ;;
    *)
      if command -v curl >/dev/null; then curl -fsSL --retry 3 --max-time 120 -o "$2" -- "$1"
      elif command -v wget >/dev/null; then wget -q --tries 3 --timeout 60 -O "$2" -- "$1"
      else python3 -c 'import shutil, sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=120) as source, open(sys.argv[2], "wb") as file: shutil.copyfileobj(source, file)' "$1" "$2"
      fi ;;
  esac
}
if [ -n "$url" ]; then
  case $family$url in Debian*.rpm | RedHat*.deb)
    echo "PuppetURL names ${url##*/}, and this host is $PRETTY_NAME, of the $family family." >&2
    exit 1 ;;
  esac
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  chmod 755 "$folder"
  if [ "$family" = Debian ]; then package=$folder/package.deb; else package=$folder/package.rpm; fi
  cancellable fetch "$url" "$package"
  install_file "$package"
fi

# A package that brought Puppet itself leaves nothing to do; one that brought a repository has Puppet come from there.
if [ -z "$url" ] || ! command -v puppet >/dev/null || ! { dpkg-deb --field "$package" Package 2>/dev/null || rpm -qp --qf '%{NAME}' "$package" 2>/dev/null; } | grep -q '^puppet-agent$'; then
  if [ "$family" = Debian ]; then
    apt update
    apt install --no-install-recommends puppet-agent
  else
    yum install puppet-agent
  fi
fi
if [ "$family" = Debian ]; then
  # Masterless: nobody asked for the daemon that looks for a Puppet server.
  systemctl disable --now --quiet puppet.service pxp-agent.service 2>/dev/null || true
fi
install -d -m 755 "${stamp%/*}"
printf '%s\n' "$url" >"$stamp"
hash -r
puppet --version
