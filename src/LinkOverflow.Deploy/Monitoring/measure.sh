# Measures a host, as one line of JSON. Argument: project.
read -r load _ </proc/loadavg
memory=$(awk '/^MemTotal:/ { total = $2 } /^MemAvailable:/ { available = $2 } END { printf "%.1f", total ? 100 * (total - available) / total : 0 }' /proc/meminfo)
place=/srv/$1
[ -d "$place" ] || place=/
disk=$(df -P "$place" | awk 'NR == 2 { sub("%", "", $5); print $5 }')
release=$(readlink "/srv/$1/current" 2>/dev/null || true)
printf '{"load":%s,"processors":%s,"memoryPercent":%s,"diskPercent":%s,"release":"%s"}\n' "$load" "$(nproc)" "$memory" "${disk:-0}" "${release#releases/}"
