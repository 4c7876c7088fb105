# The lab by its cmdlets: one per user, found again by whoever asks.
BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-Module $manifest
    $before = $env:XDG_STATE_HOME
    $env:XDG_STATE_HOME = Join-Path $TestDrive 'state'
}

AfterAll {
    $env:XDG_STATE_HOME = $before
}

Describe 'Get-LOLab' {
    It 'gets nothing where no lab runs' {
        Get-LOLab | Should -BeNullOrEmpty
    }
}

Describe 'Stop-LOLab' {
    It 'has nothing to do where no lab runs' {
        { Stop-LOLab -ErrorAction Stop } | Should -Not -Throw
    }
}

Describe 'Start-LOLab' -Tag Machines {
    BeforeAll {
        $missing = & dotnet "$root/bin/lab/LinkOverflow.Lab.dll" check --json | ConvertFrom-Json
    }

    BeforeEach {
        if (-not $missing.Ok) { Set-ItResult -Skipped -Because "this machine cannot run the lab: $($missing.Missing.Name -join ', ')" }
    }

    AfterAll {
        & dotnet "$root/bin/lab/LinkOverflow.Lab.dll" stop --terminate 2>$null
    }

    It 'starts a lab that outlives its shell, and that another shell finds' {
        $started = Invoke-FreshPowerShell -Variables @{ manifest = $manifest } { Import-Module $manifest; Start-LOLab }

        $found = Get-LOLab
        $found.Endpoint | Should -Be $started.Endpoint
        (Start-LOLab).Pid | Should -Be $found.Pid
        (Get-Process -Id $found.Pid).Id | Should -Be $found.Pid
    }

    It 'writes settings that Test-LOSettings finds nothing wrong with' {
        $lab = Start-LOLab
        $checks = Test-LOSettings -AwsSettings $lab.Settings -InstanceConfig (Join-Path $root 'instance.config')
        $checks | Where-Object Status -EQ Error | Should -BeNullOrEmpty
        $lab.KeyFile | Should -Exist
    }

    It 'tells of itself what one needs, and no secret' {
        $lab = Start-LOLab
        $secret = (Select-String -LiteralPath $lab.Settings '^SecretAccessKey = (.*)$').Matches.Groups[1].Value
        $text = Get-Everything $lab
        $text | Out-String | Should -BeLike "*$($lab.Endpoint)*"
        ($text -join '').Contains($secret) | Should -BeFalse
    }

    It 'is not stopped by -WhatIf, and is by Stop-LOLab' {
        $lab = Start-LOLab
        Stop-LOLab -WhatIf
        (Get-LOLab).Pid | Should -Be $lab.Pid
        Stop-LOLab
        Get-LOLab | Should -BeNullOrEmpty
    }
}

Describe 'Stop-LOLab -Remove' -Tag Machines {
    BeforeAll {
        $missing = & dotnet "$root/bin/lab/LinkOverflow.Lab.dll" check --json | ConvertFrom-Json
        $caches = $env:XDG_CACHE_HOME
        # The user's base image is not this test's to remove.
        $env:XDG_CACHE_HOME = Join-Path $TestDrive 'cache'
    }

    AfterAll {
        $env:XDG_CACHE_HOME = $caches
    }

    It 'removes the state folder and the cache of a lab that does not run' {
        if (-not $missing.Ok) { Set-ItResult -Skipped -Because "this machine cannot run the lab: $($missing.Missing.Name -join ', ')" }
        $folders = $env:XDG_STATE_HOME, $env:XDG_CACHE_HOME | ForEach-Object { Join-Path $_ 'linkoverflow/lab' }
        $folders | ForEach-Object { New-Item -ItemType File -Force (Join-Path $_ 'something') | Out-Null }

        Stop-LOLab -Remove

        $folders | Should -Not -Exist
    }
}
