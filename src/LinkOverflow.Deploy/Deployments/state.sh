# Tells how far a host is: "applied FINGERPRINT" of the desired state that Puppet brought it to, "release ID" of the release in use.
# Argument: project.
applied=$(cat /etc/linkoverflow/applied 2>/dev/null || true)
release=$(readlink "/srv/$1/current" 2>/dev/null || true)
[ -z "$applied" ] || echo "applied $applied"
[ -z "$release" ] || echo "release ${release#releases/}"
