# A package index on a host itself, which can be stopped; for contexts of Hosts.Tests.ps1 that install packages.
# Serves the versions of a package "tiny" that has nothing but a word in it.
function Start-Index([string[]] $Versions, $On) {
    $make = @'
set -e
rm -rf /root/index && mkdir -p /root/index/simple/tiny && cd /root/index/simple/tiny
for version; do python3 - "$version" <<'PYTHON'
import sys, zipfile
version = sys.argv[1]
info = f"tiny-{version}.dist-info"
with zipfile.ZipFile(f"tiny-{version}-py3-none-any.whl", "w") as wheel:
    for name, text in {
        "tiny.py": f"word = 'tiny {version}'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }.items():
        wheel.writestr(name, text)
with open("index.html", "a") as page:
    page.write(f'<a href="tiny-{version}-py3-none-any.whl">tiny-{version}-py3-none-any.whl</a>\n')
PYTHON
done
printf '[global]\nindex-url = http://127.0.0.1:8098/simple\nretries = 0\n' >/etc/pip.conf
systemd-run --quiet --unit lo-index --property WorkingDirectory=/root/index python3 -m http.server --bind 127.0.0.1 8098
until python3 -c 'import urllib.request; urllib.request.urlopen("http://127.0.0.1:8098/simple/tiny/")' 2>/dev/null; do sleep 0.1; done
'@
    $made = $On | Invoke-LOCommand -AsRoot $make $Versions
    $made.ExitCode | Should -Be 0 -Because $made.Error
}

function Stop-Index($On) { Invoke-Root 'systemctl stop lo-index.service' $On }

# A ledger that asks for the package and answers with its word.
function New-LedgerWithTiny([string] $Requirement) {
    New-Ledger {
        Set-Content requirements.txt $Requirement
        Add-Content ledger/urls.py "`nfrom tiny import word`nurlpatterns.append(path('word', lambda request: HttpResponse(word)))"
    }
}
