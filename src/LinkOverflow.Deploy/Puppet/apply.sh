# Applies a manifest. Arguments: manifest (in the tar), project, port, user, the desired state's fingerprint. Input: a tar of the manifest or its folder.
# Output: a summary of Puppet's report as one line of JSON. Exit code: puppet apply's own, by --detailed-exitcodes.
set -euo pipefail
export PATH=$PATH:/opt/puppetlabs/bin:/opt/puppetlabs/puppet/bin
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tar -x -f - -C "$folder"
export FACTER_lo_project=$2 FACTER_lo_port=$3 FACTER_lo_user=$4
manifest=$folder/$1
[ -d "$folder/manifests" ] && manifest=$folder/manifests
modules=
[ -d "$folder/modules" ] && modules=--modulepath=$folder/modules

# facter has no need to ask for a cloud's metadata here, which takes seconds where there is none.
# What the host is in is known only between two runs.
rm -f /etc/linkoverflow/applied
code=0
puppet apply --detailed-exitcodes --color=false --show_diff --reports=none --lastrunreport "$folder/report.yaml" $modules "$manifest" >&2 || code=$?

[ ! -s "$folder/report.yaml" ] || ruby -ryaml -rjson -rdate - "$folder/report.yaml" <<'RUBY'
# Without Puppet's own classes, which take a second to load: the report is plain data under its tags.
report = YAML.load(File.read(ARGV[0]).gsub(/!ruby\/\S+/, ""), **(Psych::VERSION >= "4" ? {permitted_classes: [Time, Symbol, Date], aliases: true} : {}))
statuses = report["resource_statuses"].values
name = ->(r) { r["resource"] }
puts JSON.generate(
  version: report["puppet_version"],
  status: report["status"],
  resources: statuses.size,
  changed: statuses.select { |r| r["changed"] }.map(&name),
  failed: statuses.select { |r| r["failed"] }.map { |r| {resource: r["resource"], message: (r["events"] || []).map { |e| e["message"] }.join("; ")} },
  skipped: statuses.select { |r| r["skipped"] }.map(&name),
  seconds: (report["metrics"].dig("time", "values") || []).find { |v| v[0] == "total" }&.last)
RUBY
case $code in
  0 | 2) install -d -m 755 /etc/linkoverflow && echo "$5" >/etc/linkoverflow/applied ;;
esac
exit "$code"
