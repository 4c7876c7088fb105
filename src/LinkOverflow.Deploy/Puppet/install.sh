# Installs Puppet where it is missing. Argument: the URL of a package that brings Puppet's repository, or nothing.
set -euo pipefail
export PATH=$PATH:/opt/puppetlabs/bin DEBIAN_FRONTEND=noninteractive
url=$1
if command -v puppet >/dev/null; then
  puppet --version
  exit 0
fi

if command -v apt-get >/dev/null; then family=debian; else family=redhat; fi
yum=$(command -v dnf || command -v yum || true)
if [ "$family" = redhat ] && [ -z "$yum" ]; then
  echo "This host has neither apt-get nor dnf nor yum." >&2
  exit 1
fi

# cloud-init or a timer may hold the package lists on a fresh machine; apt waits only for dpkg's lock by itself.
update() {
  for attempt in $(seq 60); do
    if message=$(apt-get -q update 2>&1); then return 0; fi
    case $message in *"Could not get lock"*) echo "waiting for the apt lock" >&2; sleep 5 ;; *) break ;; esac
  done
  printf '%s\n' "$message" >&2
  return 1
}
fetch() {
  if command -v curl >/dev/null; then curl -fsSL --retry 3 --max-time 120 -o "$2" -- "$1"
  elif command -v wget >/dev/null; then wget -q --tries 3 --timeout 60 -O "$2" -- "$1"
  else python3 -c 'import shutil, sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=120) as source, open(sys.argv[2], "wb") as file: shutil.copyfileobj(source, file)' "$1" "$2"
  fi
}
if [ -n "$url" ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  if [ "$family" = debian ]; then package=$folder/repository.deb; else package=$folder/repository.rpm; fi
  fetch "$url" "$package"
  if [ "$family" = debian ]; then chmod 755 "$folder"; apt-get -q -y -o DPkg::Lock::Timeout=300 install "$package" >&2; else "$yum" -y install "$package" >&2; fi
fi

if [ "$family" = debian ]; then
  update
  apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends puppet-agent >&2
  # Masterless: nobody asked for the daemon that looks for a Puppet server.
  systemctl disable --now --quiet puppet.service pxp-agent.service 2>/dev/null || true
else
  "$yum" -y install puppet-agent >&2
fi
puppet --version
