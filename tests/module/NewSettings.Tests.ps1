# New-LOSettings: what it writes, what it asks, and that it neither overwrites nor shows anything it should not.
BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-Module $manifest

    function Folder { (New-Item -ItemType Directory (Join-Path $TestDrive ([guid]::NewGuid()))).FullName }

    function Mode([string] $Path) { [Convert]::ToString([int][IO.File]::GetUnixFileMode($Path), 8) }

    function Secure([string] $Text) { ConvertTo-SecureString $Text -AsPlainText -Force }

    # What is right in every way, for a test to change.
    function Values([string] $Folder, [string] $Secret = 'Marked') {
        @{
            AwsSettings = "$Folder/.aws.settings"; InstanceConfig = "$Folder/instance.config"; AccessKeyId = 'AKIAIOSFODNN7EXAMPLE'; SecretAccessKey = Secure $Secret
            AvailabilityZone = 'us-west-2a'; KeyPair = 'me'; KeyFile = "$Folder/me.pem"
        }
    }

    function Id([string] $Id) { "$Id,LinkOverflow.Deploy.PowerShell.NewLOSettingsCmdlet" }
}

Describe 'New-LOSettings' {
    It 'writes settings and configuration that Test-LOSettings finds right, and emits the files' {
        $folder = Folder
        $values = Values $folder
        Set-Content $values.KeyFile 'a key'
        Set-Mode $values.KeyFile 400
        $files = New-LOSettings @values
        $files | Should -BeOfType IO.FileInfo
        $files.FullName | Should -Be $values.AwsSettings, $values.InstanceConfig, (Join-Path $folder puppet linkoverflow.pp)
        Test-LOSettings -AwsSettings $values.AwsSettings -InstanceConfig $values.InstanceConfig -Offline -Quiet | Should -BeTrue
        Get-Content $values.AwsSettings | Should -Contain 'SecretAccessKey = Marked'
        Get-Content $values.AwsSettings | Should -Contain "SSHKeyPairFile = $($values.KeyFile)"
    }

    It 'gives settings mode 600' -Skip:$IsWindows {
        $folder = Folder
        $values = Values $folder
        $null = New-LOSettings @values
        Mode "$folder/.aws.settings" | Should -Be '600'
        Mode "$folder/instance.config" | Should -Be '644'
    }

    It 'overwrites settings with -Force alone, and those with mode 600 again' {
        $values = Values (Folder)
        Set-Content $values.AwsSettings 'mine'
        { New-LOSettings @values } | Should -Throw "*$($values.AwsSettings) is there already*-Force*" -ErrorId (Id SettingsFileExists)
        Get-Content $values.AwsSettings | Should -Be 'mine'
        Test-Path $values.InstanceConfig | Should -BeFalse
        $null = New-LOSettings @values -Force
        Get-Content $values.AwsSettings | Should -Contain '[EC2]'
        if (-not $IsWindows) { Mode $values.AwsSettings | Should -Be '600' }
    }

    It 'leaves a configuration that is there as it is, unless a value for it is given with -Force' {
        $values = Values (Folder)
        Set-Content $values.InstanceConfig 'mine'
        (New-LOSettings @values).FullName | Should -Be $values.AwsSettings
        Get-Content $values.InstanceConfig | Should -Be 'mine'
        Remove-Item -Force $values.AwsSettings
        { New-LOSettings @values -InstanceType t3.nano } | Should -Throw -ErrorId (Id SettingsFileExists)
        Test-Path $values.AwsSettings | Should -BeFalse
        $null = New-LOSettings @values -InstanceType t3.nano -ImageId ami-12345678 -Force
        Get-Content $values.InstanceConfig | Should -Contain 'InstanceType = t3.nano'
    }

    It 'writes nothing with -WhatIf' {
        $folder = Folder
        $values = Values $folder
        New-LOSettings @values -WhatIf | Should -BeNullOrEmpty
        Get-ChildItem -Force $folder | Should -BeNullOrEmpty
    }

    It 'takes a profile of ~/.aws and its region, and names those there are for one there is not' {
        $folder = Folder
        $result = Invoke-FreshPowerShell -Variables @{ manifest = $manifest; folder = $folder } {
            $env:AWS_SHARED_CREDENTIALS_FILE = "$folder/credentials"
            $env:AWS_CONFIG_FILE = "$folder/config"
            Set-Content "$folder/credentials" "[work]`naws_access_key_id = AKIA`naws_secret_access_key = s"
            Set-Content "$folder/config" "[profile work]`nregion = eu-central-1"
            Import-Module $manifest
            $null = New-LOSettings -Profile work -KeyPair me -KeyFile me.pem -AwsSettings "$folder/a" -InstanceConfig "$folder/i"
            Get-Content "$folder/a" | Where-Object { $_ -and $_ -notlike '#*' }
            try { New-LOSettings -Profile wrok -AwsSettings "$folder/b" -InstanceConfig "$folder/i" } catch { $_.FullyQualifiedErrorId; "$_" }
        }
        $result | Should -Contain 'Profile = work'
        $result | Should -Contain 'Region = eu-central-1'
        $result -match 'AccessKey' | Should -BeNullOrEmpty
        $result | Should -Contain (Id CredentialsMissing)
        $result[-1] | Should -Match 'wrok.*There are: work\.'
    }

    It 'refuses a value that such a file cannot hold, and does not show it' {
        $values = Values (Folder) "Marked`nSecret"
        { New-LOSettings @values } | Should -Throw -ErrorId (Id ValueInvalid)
        $Error[0] | Out-String | Should -Not -Match 'Marked'
        Test-Path $values.AwsSettings | Should -BeFalse
    }

    It 'refuses a place that is neither zone nor region' {
        $values = Values (Folder)
        $values.AvailabilityZone = 'west'
        { New-LOSettings @values } | Should -Throw '*west*' -ErrorId (Id ValueInvalid)
        Test-Path $values.AwsSettings | Should -BeFalse
    }

    It 'names what is missing in a session that cannot be asked' {
        $result = Invoke-FreshPowerShell -Variables @{ manifest = $manifest; folder = Folder } {
            Import-Module $manifest
            try { New-LOSettings -AwsSettings "$folder/a" -InstanceConfig "$folder/i" -AccessKeyId AKIA } catch { $_.FullyQualifiedErrorId; "$_" }
        }
        $result[0] | Should -Be (Id Usage)
        $result[1] | Should -Match '-SecretAccessKey, -AvailabilityZone, -KeyPair, -KeyFile'
    }

    It 'asks for what is missing at a terminal, and the secret is not echoed' {
        if (-not (Get-Command tmux -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'there is no tmux to be the terminal' }
        $folder = Folder
        Set-Content "$folder/ask.ps1" "Import-Module '$manifest'; New-LOSettings -AwsSettings '$folder/a' -InstanceConfig '$folder/i' | Out-Null; Write-Host WRITTEN; Start-Sleep 600"
        $tmux = @('-L', "lo-$PID", '-f', '/dev/null')
        & tmux @tmux new-session -d -s ask -x 120 -y 50 "'$([Environment]::ProcessPath)' -NoProfile -File '$folder/ask.ps1'"
        $shown = ''
        try {
            # Each answer is typed once its question stands there.
            $questions = @('AccessKeyId', 'AKIAEXAMPLE'), @('SecretAccessKey', 'MarkedSecret'), @('AvailabilityZone', 'us-west-2'), @('KeyPair', 'me'), @('KeyFile', '/keys/me.pem'), @('WRITTEN', '')
            foreach ($question in $questions) {
                $clock = [Diagnostics.Stopwatch]::StartNew()
                $asked = if ($question[1]) { "(?m)^$($question[0]):\s*\z" } else { $question[0] }
                while (($shown = (& tmux @tmux capture-pane -p -t ask | Out-String).TrimEnd()) -notmatch $asked) {
                    if ($clock.Elapsed.TotalSeconds -gt 120) { throw "It did not ask for $($question[0]), but shows:`n$shown" }
                    Start-Sleep -Milliseconds 100
                }

                if ($question[1]) { & tmux @tmux send-keys -t ask $question[1] Enter }
            }
        } finally {
            & tmux @tmux kill-server
        }

        $shown | Should -Match 'AKIAEXAMPLE'
        $shown | Should -Not -Match 'MarkedSecret'
        Get-Content "$folder/a" | Should -Contain 'SecretAccessKey = MarkedSecret'
        Get-Content "$folder/a" | Should -Contain 'SSHKeyPairFile = /keys/me.pem'
    }

    It 'shows the secret in no stream' {
        $values = Values (Folder) 'MarkedSecret'
        $everything = Get-Everything @(New-LOSettings @values -Verbose -Debug *>&1)
        $everything += Get-Everything @(try { New-LOSettings @values -Verbose -Debug *>&1 } catch { $_ })
        $everything -join "`n" | Should -Not -Match 'MarkedSecret'
    }
}

Describe 'Argument completion' {
    BeforeAll {
        $folder = Folder
        $null = New-Item -ItemType Directory "$folder/sites/blog", "$folder/sites/my shop", "$folder/sites/blog/templates", "$folder/.hidden/x"
        Set-Content "$folder/sites/blog/manage.py", "$folder/sites/my shop/manage.py", "$folder/.hidden/x/manage.py", "$folder/mine.settings", "$folder/other.config" ''
        Set-Content "$folder/credentials" "[work]`naws_access_key_id = a`naws_secret_access_key = b`n[private one]`naws_access_key_id = a`naws_secret_access_key = b"
        Push-Location $folder

        function Complete([string] $Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText }
    }

    AfterAll { Pop-Location }

    It '-Project of <_> offers folders with manage.py, quoted where they have to be' -ForEach 'Start-LODeployment', 'New-LOInstance', 'Test-LOSettings', 'Publish-LODjango' {
        Complete "$_ -Project " | Should -Be 'sites/blog', "'sites/my shop'"
        Complete "$_ -Project sites/b" | Should -Be 'sites/blog'
    }

    It '-AwsSettings of <_> offers files such as .aws.settings' -ForEach 'Start-LODeployment', 'New-LOInstance', 'Test-LOSettings', 'Get-LODeployment', 'Get-LOInstance', 'Remove-LODeployment', 'New-LOSettings' {
        Complete "$_ -AwsSettings m" | Should -Be 'mine.settings'
    }

    It '-InstanceConfig of <_> offers files such as instance.config' -ForEach 'Start-LODeployment', 'New-LOInstance', 'Test-LOSettings', 'Install-LOPuppet', 'Publish-LODjango', 'New-LOSettings' {
        Complete "$_ -InstanceConfig " | Should -Be 'other.config'
    }

    It '-Profile offers the profiles of ~/.aws' {
        # The AWS SDK looks for the files' places once in a process.
        $completed = Invoke-FreshPowerShell -Variables @{ manifest = $manifest; folder = $folder } {
            $env:AWS_SHARED_CREDENTIALS_FILE = "$folder/credentials"
            $env:AWS_CONFIG_FILE = "$folder/none"
            Import-Module $manifest
            (TabExpansion2 'New-LOSettings -Profile ' 24).CompletionMatches.CompletionText
        }
        $completed | Should -Be "'private one'", 'work'
    }

    It '-Region offers regions, -InstanceType instance types' {
        Complete 'New-LOSettings -Region us-west-' | Should -Be 'us-west-1', 'us-west-2'
        Complete 'New-LOSettings -InstanceType t3.s' | Should -Be 't3.small'
    }
}
