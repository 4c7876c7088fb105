set -euo pipefail
# What an interrupted run is still at, it finishes.
hold linkoverflow-puppet "what an earlier run of Puppet on this host is still at"
# Mends dpkg where a run that was cut off has left it in the middle of a package: nothing can be installed before that.
if command -v dpkg >/dev/null && [ -n "$(dpkg --audit 2>/dev/null </dev/null)" ]; then
  echo "lo:note mending packages that an interrupted run has left half-installed"
  (
    exec </dev/null >&2 8>&-
    export DEBIAN_FRONTEND=noninteractive
    # Whoever still works on them is waited for.
    apt-get -q -y -o DPkg::Lock::Timeout=300 --fix-broken install || true
    # What was cut off while it was unpacked cannot be configured: it goes, and whoever wants it installs it anew.
    dpkg-query --show --showformat '${db:Status-Abbrev}${Package}\n' | sed -n 's/^..R//p' | while read -r package; do
      dpkg --remove --force-remove-reinstreq --force-depends "$package" || true
    done
    dpkg --configure --pending || true
    apt-get -q -y --fix-broken install || true
  )
fi
