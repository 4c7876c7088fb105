# A context of Hosts.Tests.ps1: whatever names and settings hold, they are data.
Context 'Odd names and settings' {
    It 'are data in SharedPaths, and what is in them outlives a release' {
        $names = 'with blank', "it's", 'dollar$HOME', '`id`', '$(touch hacked)', '-rf', 'a&b|c>d<e', 'star*', 'ünïcödé ☃', '!bang', 'deep/-in $(x)'
        $shared = New-Config @{ SharedPaths = ($names -join ', ').Replace('$', '$$') }
        $folder = New-Ledger {
            foreach ($name in $names) {
                $null = [IO.Directory]::CreateDirectory("$PWD/$name")
                [IO.File]::WriteAllText("$PWD/$name/first", $name)
            }
        }
        $null = $machine | Publish-LODjango $folder -InstanceConfig $shared
        foreach ($name in $names) {
            ($machine | Invoke-LOCommand -AsRoot 'printf %s "written on the host" >"/srv/ledger/current/project/$1/second"' $name).Success | Should -BeTrue
            [IO.File]::WriteAllText("$folder/$name/first", 'changed')
        }
        $null = $machine | Publish-LODjango $folder -InstanceConfig $shared
        foreach ($name in $names) {
            ($machine | Invoke-LOCommand -AsRoot 'cd /srv/ledger/current/project && cat -- "./$1/first" "./$1/second"' $name).Output | Should -BeExactly "$($name)written on the host"
        }
        Invoke-Root 'find / -xdev -name "hacked*"; ls /srv/ledger/shared | wc -l' | Should -Match '^\d+$'
    }

    It 'are data for systemd, too, in the environment of the site''s processes' {
        $random = [Random]::new()
        $alphabet = ' !"#$%&''()*+,-./:;<=>?@[\]^_`{|}~aZ09äé☃'.ToCharArray()
        $values = [ordered]@{}
        foreach ($n in 1..60) {
            # An ini value begins and ends with what is no blank.
            $values["LO_ODD_$n"] = 'x' + (-join (1..$random.Next(1, 40) | ForEach-Object { $alphabet[$random.Next($alphabet.Length)] })) + 'x'
        }
        $file = Join-Path $TestDrive 'odd-environment.config'
        Set-Content $file "$text`n[Environment]`n$(($values.GetEnumerator() | ForEach-Object { "$($_.Key) = $($_.Value)" }) -join "`n")"
        $null = $machine | Publish-LODjango (New-Ledger) -InstanceConfig $file
        $there = Invoke-Root 'tr "\0" "\n" <"/proc/$(systemctl show --property MainPID --value django-ledger.service)/environ"'
        foreach ($line in $values.GetEnumerator()) { $there -split "`n" | Should -Contain "$($line.Key)=$($line.Value)" }
    }

    It 'are data where a manifest is called by one' {
        $folder = Join-Path $TestDrive "-odd 'manifests' `$(id)"
        $null = [IO.Directory]::CreateDirectory($folder)
        [IO.File]::WriteAllText("$folder/-rf `$(touch hacked) it's ☃.pp", "file { '/root/odd': content => 'applied' }")
        $file = Join-Path $TestDrive 'odd-manifest.config'
        [IO.File]::WriteAllText($file, ($text -replace '(?m)^PuppetConfigFile =.*$', { "PuppetConfigFile = $folder/-rf `$(touch hacked) it's ☃.pp" }))
        ($machine | Install-LOPuppet -InstanceConfig $file).Puppet.Changed.Resource | Should -Be 'File[/root/odd]'
        Invoke-Root 'cat /root/odd; find / -xdev -name "hacked*"' | Should -Be applied
    }
}
