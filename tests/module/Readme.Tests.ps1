# The PowerShell of README.md, run as it stands there, in a lab of its own.
Describe 'README.md' -Tag Machines {
    BeforeDiscovery {
        $root = (Resolve-Path (Join-Path $PSScriptRoot '../..')).Path
        & dotnet (Join-Path $root 'bin/lab/LinkOverflow.Lab.dll') check *> $null
        $missing = $LASTEXITCODE -ne 0
    }

    BeforeAll {
        $root = (Resolve-Path (Join-Path $PSScriptRoot '../..')).Path
        $stateBefore = $env:XDG_STATE_HOME
        $env:XDG_STATE_HOME = (New-Item -ItemType Directory (Join-Path ([IO.Path]::GetTempPath()) "lo-readme-$([guid]::NewGuid())")).FullName
    }

    AfterAll {
        & dotnet (Join-Path $root 'bin/lab/LinkOverflow.Lab.dll') stop *> $null
        Remove-Item -Recurse -Force $env:XDG_STATE_HOME
        $env:XDG_STATE_HOME = $stateBefore
    }

    It 'shows a pipeline whose two spellings both end in healthy instances' -Skip:$missing {
        $readme = Get-Content -Raw (Join-Path $root 'README.md')
        $block = [regex]::Match($readme, '(?s)```powershell\n(.*?)```').Groups[1].Value
        $block | Should -Match 'Start-LODeployment'
        $block | Should -Match 'ForEach-Object -Parallel'

        # In a session of its own, as a reader would paste it.
        $script = Join-Path $TestDrive 'readme.ps1'
        Set-Content $script "Set-Location '$root'`n`$all = & {`n$block`n}`n`$all | ForEach-Object { `"`$(`$_.Stage) `$(`$_.Url)`" }"
        $lines = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -File $script 2>&1
        @($lines -match '^Healthy http://127\.').Count | Should -Be 6 -Because ($lines -join "`n")
    }
}
