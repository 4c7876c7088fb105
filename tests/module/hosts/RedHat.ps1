# A context of Hosts.Tests.ps1: a machine of the RedHat family, on which dnf and rpm are real.
Context 'A machine of the RedHat family' {
    BeforeAll {
        $redConfig = Join-Path $TestDrive 'redhat.config'
        $redText = $text -replace '(?m)^ImageID =.*$', 'ImageID = resolve:ssm:/lab/redhat/9' -replace '(?m)^SshUser =.*$', 'SshUser = ec2-user'
        Set-Content $redConfig $redText
        $red = New-LOInstance -Project "$PSScriptRoot/../ledger" -Count 1 -Lab -InstanceConfig $redConfig
        $install = (Get-Content -Raw "$root/src/LinkOverflow.Deploy/Remote/cancellation.sh", "$root/src/LinkOverflow.Deploy/Puppet/install.sh") -join "`n"

        function New-RedConfig([string] $Url) {
            $file = Join-Path $TestDrive "$([guid]::NewGuid()).config"
            $redText -replace '(?m)^PuppetURL =.*$', "PuppetURL = $Url" | Set-Content $file
            $file
        }

        # Makes an rpm in a folder of the machine: what a tree holds, and a script that runs when it is installed.
        function New-Rpm([string] $Name, [string] $Folder, [string] $Tree, [string] $Post = 'true') {
            $make = @'
set -e
cd "$(mktemp -d)" && mkdir -p "$3"
( printf 'Name: %s\nVersion: 1\nRelease: 1\nSummary: of a test\nLicense: none\nBuildArch: noarch\nAutoReqProv: no\n' "$1"
  printf '%%global __os_install_post %%{nil}\n%%description\nOf a test.\n%%install\nmkdir -p %%{buildroot}\ncp -a %s/. %%{buildroot}\n' "$3"
  printf '%%post\n%s\n%%files\n' "$4"
  cd "$3" && find . '(' -type f -o -type l ')' -printf '"/%P"\n' ) >package.spec
rpmbuild -bb --quiet --define "_topdir $PWD/build" --define "_rpmdir $2" package.spec
createrepo_c --quiet "$2"
'@
            $made = $red | Invoke-LOCommand -AsRoot $make $Name, $Folder, $Tree, $Post
            $made.ExitCode | Should -Be 0 -Because $made.Error
        }
    }

    It 'takes Puppet from an .rpm at an http address, and brings the machine to its state' {
        $file = Invoke-Root 'cd /usr/share/lab/rpms && find . -name "puppet-agent-*.rpm" -printf %P; systemd-run --quiet --unit lo-rpms --property WorkingDirectory=/usr/share/lab/rpms python3 -m http.server --bind 127.0.0.1 8099; until python3 -c "import urllib.request; urllib.request.urlopen(\"http://127.0.0.1:8099/\")" 2>/dev/null; do sleep 0.1; done' $red
        $http = New-RedConfig "http://127.0.0.1:8099/$file"
        $run = ($red | Install-LOPuppet -InstanceConfig $http).Puppet
        $run.Failed | Should -BeNullOrEmpty
        $run.Changed.Resource | Should -Contain 'Package[python3-gunicorn]'
        Invoke-Root 'rpm -q --qf "%{NAME}" puppet-agent; systemctl stop lo-rpms' $red | Should -Be 'puppet-agent'

        # The server is gone: what is installed already is not fetched again.
        ($red | Install-LOPuppet -InstanceConfig $http).Puppet.Status | Should -Be unchanged
    }

    It 'takes Puppet from the repository that a release package brings' {
        Invoke-Root 'dnf -q -y remove puppet-agent >/dev/null 2>&1; mkdir -p /root/puppet /root/tree/etc/yum.repos.d; find /usr/share/lab/rpms -name "puppet-agent-*.rpm" -exec cp {} /root/puppet \; && createrepo_c --quiet /root/puppet; printf "[puppet-of-a-test]\nname=Puppet\nbaseurl=file:///root/puppet\ngpgcheck=0\n" >/root/tree/etc/yum.repos.d/puppet.repo; echo excludepkgs=puppet-agent >>/etc/yum.repos.d/lab.repo' $red
        New-Rpm 'puppet-release' /root/release /root/tree
        $run = ($red | Install-LOPuppet -InstanceConfig (New-RedConfig 'file:///root/release/noarch/puppet-release-1-1.noarch.rpm')).Puppet
        $run.Status | Should -Be unchanged
        Invoke-Root 'dnf -q repoquery --installed --qf "%{from_repo}" puppet-agent' $red | Should -Be 'puppet-of-a-test'
    }

    It 'refuses a package of the other family, with words' {
        $red | Install-LOPuppet -InstanceConfig (New-RedConfig 'https://example.invalid/puppet-release.deb') -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed.FullyQualifiedErrorId | Should -BeLike 'PuppetInstallFailed,*'
        "$failed" | Should -BeLike '*puppet-release.deb*RedHat family*'
    }

    It 'takes Puppet by yum where there is no dnf: with options that yum 3 has, and from a release package that is there already' {
        # Of yum 3, which nobody ships any more, what counts here: the options of yum(8), and its refusal of a file that is installed.
        $yum = @'
#!/bin/sh
for argument; do
  case $argument in
  -y | -q | -d | -e | [0-9] | --setopt=*=* | --version | install | list | [!-]*) ;;
  *) echo "Command line error: no such option: $argument" >&2; exit 1 ;;
  esac
  case $argument in
  *.rpm) if rpm -q --quiet "$(rpm -qp --qf "%{NAME}-%{VERSION}-%{RELEASE}" "$argument")"; then echo "Error: Nothing to do" >&2; exit 1; fi ;;
  esac
done
echo "$*" >>/root/yum-calls
exec /root/dnf-alone "$@"
'@
        $made = $red | Invoke-LOCommand -AsRoot 'set -e; dnf -q -y remove puppet-agent python3-gunicorn >/dev/null 2>&1; cp -a "$(readlink -f /usr/bin/dnf)" /root/dnf-alone; mkdir /root/hidden; mv /usr/bin/dnf /usr/bin/dnf-3 /usr/bin/yum /root/hidden; printf "%s\n" "$1" >/usr/bin/yum; chmod 755 /usr/bin/yum' $yum
        $made.ExitCode | Should -Be 0 -Because $made.Error
        try {
            $run = ($red | Install-LOPuppet -InstanceConfig (New-RedConfig 'file:///root/release/noarch/puppet-release-1-1.noarch.rpm')).Puppet
            $run.Failed | Should -BeNullOrEmpty
            $run.Changed.Resource | Should -Be 'Package[python3-gunicorn]'
            Invoke-Root 'echo $(grep -c "install puppet-agent" /root/yum-calls) $(grep -c "install python3-gunicorn" /root/yum-calls)' $red | Should -Be '1 1'
        } finally {
            $null = Invoke-Root 'mv -f /root/hidden/* /usr/bin' $red
        }
    }

    It 'waits for a lock that dnf holds, says so, and does not wait for ever' {
        # A package whose installation takes until a file is there.
        New-Rpm 'slow' /root/slow /root/empty 'timeout 300 sh -c "until [ -e /root/go ]; do sleep 0.2; done"'
        Invoke-Root 'dnf -q -y remove puppet-agent >/dev/null 2>&1; systemd-run --quiet --unit lo-slow dnf -y install /root/slow/noarch/slow-1-1.noarch.rpm; until [ -e /var/cache/dnf/rpmdb_lock.pid ] || [ -e /var/lib/dnf/rpmdb_lock.pid ]; do sleep 0.1; done' $red
        $late = $red | Invoke-LOCommand -AsRoot $install '', '3'
        $late.ExitCode | Should -Not -Be 0
        $late.Error | Should -BeLike '*still held after*'
        Invoke-Root 'systemd-run --quiet --on-active 4 touch /root/go' $red
        $said = $red | Install-LOPuppet -InstanceConfig (New-RedConfig '') -InformationAction Continue 6>&1
        "$said" | Should -BeLike '*waiting for a lock*already locked by*'
        ($said | Where-Object InstanceId).Puppet.Version | Should -Not -BeNullOrEmpty
        Invoke-Root 'rpm -q --qf %{NAME} slow' $red | Should -Be slow
    }

    It 'serves a site whose requirements.txt is installed by a pip that dnf brings, the second time without a network' {
        # The lab's machine has no pip in its repository: one of Debian's files is made.
        $deb = $machines[1]
        Invoke-Root 'cd "$(mktemp -d)" && apt-get -q download python3-pip python3-setuptools python3-pkg-resources python3-wheel python3-distutils python3-lib2to3 >/dev/null 2>&1 && for deb in *.deb; do dpkg-deb -x "$deb" tree; done && tar -c -f /tmp/pip.tar -C tree usr/lib usr/bin && chmod 644 /tmp/pip.tar' $deb
        $quiet = '-o BatchMode=yes -o GlobalKnownHostsFile=none -o UpdateHostKeys=no -o LogLevel=ERROR'
        bash -c "set -o pipefail; $($deb.LoginCommand) $quiet 'cat /tmp/pip.tar' | $($red.LoginCommand) $quiet 'sudo mkdir -p /root/pip-tree && sudo tar -x -C /root/pip-tree'"
        $LASTEXITCODE | Should -Be 0
        New-Rpm 'python3-pip' /root/pip /root/pip-tree
        Invoke-Root 'printf "[pip]\nname=pip\nbaseurl=file:///root/pip\ngpgcheck=0\n" >/etc/yum.repos.d/pip.repo; ! python3 -m pip --version >/dev/null 2>&1' $red
        Start-Index '1.0' $red
        $folder = New-LedgerWithTiny 'tiny==1.0'
        $first = $red | Publish-LODjango $folder -InstanceConfig $redConfig -InformationAction Continue 6>&1
        "$first" | Should -BeLike '*installing pip*installing requirements.txt*'
        (Get-Page '/word' $red).Content | Should -Be 'tiny 1.0'
        (Get-Page '/add/one' $red).StatusCode | Should -Be 201
        Stop-Index $red
        Set-Content "$folder/code.txt" 'code alone'
        $null = $red | Publish-LODjango $folder -InstanceConfig $redConfig
        (Get-Page '/word' $red).Content | Should -Be 'tiny 1.0'
        ($red | Undo-LODjango -InstanceConfig $redConfig).Release | Should -Be ($first | Where-Object InstanceId).Release
        (Get-Page '/keys' $red).Content | ConvertFrom-Json | Should -Be one
    }
}
