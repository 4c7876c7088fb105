# Lists the releases of a site, one a line: id, in use or not, when it was published (seconds since 1970, or nothing), files, bytes.
# Argument: project.
set -euo pipefail
cd "/srv/$1/releases" 2>/dev/null || exit 0
used=$(basename "$(readlink ../current || echo /)")
for release in *; do
  [ -d "$release/project" ] || continue
  printf '%s\t%s\t%s\t%s\t%s\n' "$release" "$([ "$release" = "$used" ] && echo yes || echo no)" \
    "$(stat -c %Y "$release/published" 2>/dev/null || true)" \
    "$(find "$release/project" -type f -not -path '*/__pycache__/*' | wc -l)" \
    "$(find "$release/project" -type f -not -path '*/__pycache__/*' -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }')"
done
