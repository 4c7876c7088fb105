# A context of Hosts.Tests.ps1: where Puppet comes from on Debian.
Context 'PuppetURL on Debian' {
    BeforeAll {
        $host1 = $machines[1]
        function New-UrlConfig([string] $Url) {
            $file = Join-Path $TestDrive "$([guid]::NewGuid()).config"
            $text -replace '(?m)^PuppetURL =.*$', "PuppetURL = $Url" | Set-Content $file
            $file
        }

        # Debian's own Puppet under another version, so that it can be seen where it came from.
        Invoke-Root 'mkdir -p /srv-packages/repository && cd /srv-packages && apt-get -q download puppet-agent >/dev/null 2>&1 && dpkg-deb -R puppet-agent_*.deb tree && sed -i "s/^Version:.*/Version: 98.0/" tree/DEBIAN/control && dpkg-deb -b tree puppet.deb >/dev/null && sed -i "s/^Version:.*/Version: 99.0/" tree/DEBIAN/control && dpkg-deb -b tree repository/puppet.deb >/dev/null
            { dpkg-deb -f repository/puppet.deb; printf "Filename: ./puppet.deb\nSize: %s\nSHA256: %s\n" "$(stat -c %s repository/puppet.deb)" "$(sha256sum <repository/puppet.deb | cut -d" " -f1)"; } >repository/Packages
            mkdir -p release/DEBIAN release/etc/apt/sources.list.d && echo "deb [trusted=yes] file:/srv-packages/repository ./" >release/etc/apt/sources.list.d/of-a-test.list && printf "Package: puppet-release\nVersion: 1\nArchitecture: all\nMaintainer: a test\nDescription: of a test\n" >release/DEBIAN/control && dpkg-deb -b release puppet-release.deb >/dev/null
            systemd-run --quiet --unit lo-debs --property WorkingDirectory=/srv-packages python3 -m http.server --bind 127.0.0.1 8097; until python3 -c "import urllib.request; urllib.request.urlopen(\"http://127.0.0.1:8097/\")" 2>/dev/null; do sleep 0.1; done' $host1
    }

    AfterAll { Invoke-Root 'systemctl stop lo-debs.service 2>/dev/null; dpkg --purge puppet-release >/dev/null 2>&1; rm -rf /srv-packages /etc/apt/sources.list.d/of-a-test.list /etc/linkoverflow/puppet-from' $host1 }

    It 'is a .deb at an http address, which is installed once' {
        $http = New-UrlConfig 'http://127.0.0.1:8097/puppet.deb'
        ($host1 | Install-LOPuppet -InstanceConfig $http).Puppet.Version | Should -Not -BeNullOrEmpty
        Invoke-Root 'dpkg-query --show --showformat "\${Version}" puppet-agent' $host1 | Should -Be '98.0'
        ($host1 | Install-LOPuppet -InstanceConfig $http -Verbose 4>&1 | Out-String) | Should -Not -Match 'apt|Unpacking'
    }

    It 'is a release package, whose repository brings Puppet' {
        $null = $host1 | Install-LOPuppet -InstanceConfig (New-UrlConfig 'http://127.0.0.1:8097/puppet-release.deb')
        Invoke-Root 'dpkg-query --show --showformat "\${Version}" puppet-agent' $host1 | Should -Be '99.0'
    }

    It 'is an address where nothing is: an error with the reason' {
        $host1 | Install-LOPuppet -InstanceConfig (New-UrlConfig 'http://127.0.0.1:8097/none.deb') -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed.FullyQualifiedErrorId | Should -BeLike 'PuppetInstallFailed,*'
        "$failed" | Should -BeLike '*none.deb*404*'
    }
}
