# The original tool's manual test cases (ACCEPTANCE, by row) as the cmdlets have to answer them: what is wrong is said before
# anything is started, all of it at once, by a stable id, and without a secret.
BeforeDiscovery {
    # Break: what goes wrong, done to a request in which all is right. Names: what the message or its advice has to contain;
    # {Folder} stands for the request's. Line: where it is, in the file that is named.
    $problems = @(
        @{ Row = 5; Case = 'a project without manage.py'; Id = 'NotADjangoProject'; Check = 'Project'
            Names = '{Folder}/blog', 'not a Django project'; Break = { param($r) Remove-Item "$($r.Project)/manage.py" } }
        @{ Row = 5; Case = 'a project that is no folder at all'; Id = 'NotADjangoProject'; Check = 'Project'
            Names = '{Folder}/blug', 'not a Django project'; Break = { param($r) $r.Project = "$($r.Folder)/blug" } }
        @{ Row = 5; Case = 'a project that is a file'; Id = 'NotADjangoProject'; Check = 'Project'
            Names = '{Folder}/blog/manage.py', 'not a Django project'; Break = { param($r) $r.Project += '/manage.py' } }
        @{ Row = 5; Case = 'a manage.py of mode 000'; Id = 'NotADjangoProject'; Check = 'Project'; Modes = $true
            Names = '{Folder}/blog', 'not readable', '000'; Break = { param($r) Set-Mode "$($r.Project)/manage.py" 000 } }
        @{ Row = 6; Case = 'a settings file that is missing'; Id = 'SettingsFileMissing'; Check = 'AwsSettings'
            Names = '{Folder}/nowhere', '-AwsSettings'; Break = { param($r) $r.AwsSettings = "$($r.Folder)/nowhere" } }
        @{ Row = 8; Case = 'settings of mode 000, for root as well'; Id = 'SettingsFileUnreadable'; Check = 'AwsSettings'; Modes = $true
            Names = 'not readable', '000'; Break = { param($r) Set-Mode $r.AwsSettings 000 } }
        foreach ($mode in '644', '640', '660') {
            @{ Row = 9; Case = "settings of mode $mode"; Id = 'SettingsFileNotPrivate'; Check = 'AwsSettings'; Modes = $true; Mode = $mode
                Names = 'readable by others', $mode, 'chmod 600 {Folder}/.aws.settings'; Break = { param($r) Set-Mode $r.AwsSettings $Mode } }
        }
        @{ Row = 10; Case = 'settings without [EC2]'; Id = 'SectionMissing'; Check = 'AwsSettings'
            Names = '[EC2]', '{Folder}/.aws.settings'; Break = { param($r) Set-Content $r.AwsSettings '# nothing' } }
        @{ Row = 11; Case = 'settings with [EC3]'; Id = 'SectionMissing'; Check = 'AwsSettings'; Line = 1
            Names = '[EC3]', 'should read [EC2]', '{Folder}/.aws.settings'; Break = { param($r) Edit-Text $r.AwsSettings '\[EC2]' '[EC3]' } }
        @{ Row = 12; Case = 'AccessId for AccessKeyId'; Id = 'KeyMissing'; Check = 'AwsSettings'; Line = 2
            Names = 'AccessKeyId is missing', 'Line 2 has AccessId'; Break = { param($r) Edit-Text $r.AwsSettings 'AccessKeyId' 'AccessId' } }
        @{ Row = 14; Case = 'a key file that is missing'; Id = 'KeyFileMissing'; Check = 'AwsSettings'; Line = 6
            Names = 'SSHKeyPairFile', '{Folder}/me.pem'; Break = { param($r) Remove-Item $r.Key } }
        @{ Row = 15; Case = 'a key file of mode 644'; Id = 'KeyFileNotPrivate'; Check = 'AwsSettings'; Line = 6; Modes = $true
            Names = '644', 'chmod 400 {Folder}/me.pem'; Break = { param($r) Set-Mode $r.Key 644 } }
        @{ Row = 15; Case = 'a key file of mode 000'; Id = 'KeyFileUnreadable'; Check = 'AwsSettings'; Line = 6; Modes = $true
            Names = '000', 'chmod 400 {Folder}/me.pem'; Break = { param($r) Set-Mode $r.Key 000 } }
        @{ Row = 19; Case = 'instance.config without [EC2]'; Id = 'SectionMissing'; Check = 'InstanceConfig'
            Names = '[EC2]', '{Folder}/instance.config'; Break = { param($r) Set-Content $r.InstanceConfig "[Puppet]`nPuppetConfigFile = site.pp" } }
        @{ Row = 19; Case = 'instance.config with [Foo]'; Id = 'SectionMissing'; Check = 'InstanceConfig'; Line = 1
            Names = '[Foo]', 'should read [EC2]', '{Folder}/instance.config'; Break = { param($r) Edit-Text $r.InstanceConfig '\[EC2]' '[Foo]' } }
        @{ Row = 20; Case = 'ImogeId for ImageID'; Id = 'KeyMissing'; Check = 'InstanceConfig'; Line = 2
            Names = 'ImageID is missing', 'Line 2 has ImogeId'; Break = { param($r) Edit-Text $r.InstanceConfig 'ImageID' 'ImogeId' } }
        @{ Row = 21; Case = 'ami-c7d092f7xxx'; Id = 'ImageMalformed'; Check = 'InstanceConfig'; Line = 2
            Names = 'ami-c7d092f7xxx', '8 or 17 hexadecimal digits'; Break = { param($r) Edit-Text $r.InstanceConfig 'ami-c7d092f7' 'ami-c7d092f7xxx' } }
        @{ Row = 25; Case = 'a manifest that is missing'; Id = 'ManifestMissing'; Check = 'InstanceConfig'; Line = 5
            Names = 'PuppetConfigFile', '{Folder}/site.pp'; Break = { param($r) Remove-Item "$($r.Folder)/site.pp" } }
        @{ Row = 25; Case = 'a manifest of mode 000'; Id = 'ManifestInvalid'; Check = 'InstanceConfig'; Line = 5; Modes = $true
            Names = '{Folder}/site.pp', '000'; Break = { param($r) Set-Mode "$($r.Folder)/site.pp" 000 } }
        @{ Row = 30; Case = 'instance.config of mode 000'; Id = 'SettingsFileUnreadable'; Check = 'InstanceConfig'; Modes = $true
            Names = 'not readable', '000'; Break = { param($r) Set-Mode $r.InstanceConfig 000 } }
        foreach ($check in 'AwsSettings', 'InstanceConfig') {
            @{ Row = 30; Case = "a key given twice in $check"; Id = 'SettingsSyntax'; Check = $check; Line = 3
                Names = @('twice'); Break = { param($r) Edit-Text $r.$Check '(?<=^\[EC2])' "`nRegion = us-west-2`nRegion = us-west-1" } }
            @{ Row = 30; Case = "10 MB of junk in $check"; Id = 'SettingsSyntax'; Check = $check
                Names = @('larger than'); Break = { param($r) [IO.File]::WriteAllText($r.$Check, 'junk' * 2621440) } }
            @{ Row = 30; Case = "a folder for $check"; Id = 'SettingsSyntax'; Check = $check
                Names = @('a folder'); Break = { param($r) $r.$Check = $r.Folder } }
            @{ Row = 30; Case = "a binary file for $check"; Id = 'SettingsSyntax'; Check = $check
                Names = @('binary'); Break = { param($r) [IO.File]::WriteAllBytes($r.$Check, [byte[]](0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0)) } }
            @{ Row = 30; Case = "text in another encoding in $check"; Id = 'SettingsSyntax'; Check = $check
                Names = @('UTF-8'); Break = { param($r) [IO.File]::WriteAllBytes($r.$Check, [byte[]](0x5b, 0xe9, 0x5d, 10)) } }
        }
    ) | Where-Object { -not ($_.Modes -and $IsWindows) }

    $readable = @(
        @{ Case = 'a UTF-8 byte order mark'; Edit = { param($t) [char]0xfeff + $t } }
        @{ Case = 'lines that end in CRLF'; Edit = { param($t) $t -replace "`n", "`r`n" } }
        @{ Case = 'key: value'; Edit = { param($t) $t -replace ' = ', ': ' } }
        @{ Case = 'keys without their capitals'; Edit = { param($t) $t -creplace '(?m)^\w+', { $_.Value.ToLowerInvariant() } } }
        @{ Case = '; and # comments'; Edit = { param($t) "; one`n$t# two`n   ; three`n" } }
        @{ Case = 'blank values'; Edit = { param($t) $t + "SessionToken =`nPuppetURL =`n" } }
        @{ Case = 'no final line end'; Edit = { param($t) $t.TrimEnd() } }
    )
    $keyModes = if ($IsWindows) { @() } else { '400', '600' }
    $launching = 'New-LOInstance', 'Start-LODeployment'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-Module $manifest

    function Request {
        New-Request (New-Item -ItemType Directory (Join-Path $TestDrive ([guid]::NewGuid())))
    }

    function Check($Request, [switch] $Quiet, [switch] $Online) {
        Test-LOSettings $Request.Project -AwsSettings $Request.AwsSettings -InstanceConfig $Request.InstanceConfig -Quiet:$Quiet -Offline:(-not $Online)
    }

    # The error of a launch that has to be refused.
    function Get-Refusal([string] $Cmdlet, $Request, $Count = 1, [hashtable] $More = @{}) {
        try {
            $emitted = & $Cmdlet $Request.Project $Count -AwsSettings $Request.AwsSettings -InstanceConfig $Request.InstanceConfig @More
        } catch {
            return $_
        }

        throw "$Cmdlet did not refuse; it emitted: $emitted"
    }

    function Id([string] $Id, [string] $Cmdlet) { "$Id,$((Get-Command $Cmdlet).ImplementingType.FullName)" }
}

Describe 'A request in which all is right' {
    BeforeAll { $request = Request }

    It 'passes every check that needs no EC2' {
        $checks = Check $request
        # The manifest is checked too where there is a Puppet, and passed over where there is none.
        $checks | Where-Object { $_.Status -eq 'Ok' -and $_.Check -ne 'Manifest' } | ForEach-Object Check | Should -Be 'Project', 'AwsSettings', 'InstanceConfig'
        $checks | Where-Object Status -NotIn Ok, Skipped | Should -BeNullOrEmpty
    }

    It 'is not asked of EC2 with -Offline, and the checks that need it say so' {
        $skipped = Check $request | Where-Object { $_.Status -eq 'Skipped' -and $_.Check -ne 'Manifest' }
        $skipped.Check | Should -Be 'Credentials', 'Zone', 'KeyPair', 'Image', 'InstanceType', 'Permission'
        $skipped.Message | Select-Object -Unique | Should -Be 'EC2 was left out.'
    }

    It 'is asked of EC2 without it; an endpoint where nobody is says so once' {
        $errors = Check $request -Online | Where-Object Status -EQ Error
        $errors.Id | Should -Be 'CloudUnreachable'
        $errors.Check | Should -Be 'Credentials'
    }

    It 'gives true with -Quiet, and nothing else' {
        $answer = Check $request -Quiet
        $answer | Should -BeOfType bool
        $answer | Should -BeTrue
    }

    It 'leaves the project out where none is named' {
        $checks = Test-LOSettings -AwsSettings $request.AwsSettings -InstanceConfig $request.InstanceConfig -Offline
        $checks.Check | Should -Not -Contain 'Project'
    }

    It 'is read from instance.config in the current location, by paths relative to it' {
        Push-Location $request.Folder
        try {
            Test-LOSettings blog -AwsSettings .aws.settings -Offline -Quiet | Should -BeTrue
        } finally {
            Pop-Location
        }
    }

    It 'makes <_> -WhatIf say what would be launched where, and ask EC2 nothing' -ForEach $launching {
        # Whoever asked EC2 would find the port closed. The transcript has what PowerShell's host is told.
        $result = Invoke-FreshPowerShell -Variables @{ manifest = $manifest; cmdlet = $_; folder = $request.Folder } {
            Import-Module $manifest
            $null = Start-Transcript "$folder/transcript"
            $emitted = & $cmdlet "$folder/blog" 2 -AwsSettings "$folder/.aws.settings" -InstanceConfig "$folder/instance.config" -WhatIf
            $null = Stop-Transcript
            [pscustomobject]@{ Emitted = $emitted; Said = Get-Content -Raw "$folder/transcript" | Out-String }
        }
        $result.Emitted | Should -BeNullOrEmpty
        $result.Said | Should -Match '2 x t3\.small of ami-c7d092f7 in us-west-2a for project blog'
        $result.Said | Should -Not -Match $request.Secret
    }

    It 'fails in <_> at an endpoint where nobody is, with that as its error' -ForEach $launching {
        (Get-Refusal $_ $request).FullyQualifiedErrorId | Should -Be (Id CloudUnreachable $_)
    }
}

Describe 'Row <Row>: <Case>' -ForEach $problems {
    BeforeAll {
        $request = Request
        & $Break $request
        $Names = $Names -replace '\{Folder}', $request.Folder
    }

    It 'is found by Test-LOSettings: <Id> of <Check>' {
        $found = Check $request | Where-Object Status -EQ Error
        @($found).Count | Should -Be 1
        $found.Id | Should -Be $Id
        $found.Check | Should -Be $Check
        $found.File | Should -Not -BeNullOrEmpty
        if ($Line) { $found.Line | Should -Be $Line }
        foreach ($name in $Names) { "$($found.File): $($found.Message) $($found.Fix)" | Should -BeLike "*$([WildcardPattern]::Escape($name))*" }
    }

    It 'makes -Quiet false' {
        $answer = Check $request -Quiet
        $answer | Should -BeOfType bool
        $answer | Should -BeFalse
    }

    It 'is refused by <_>, before EC2 is asked' -ForEach $launching {
        $refusal = Get-Refusal $_ $request
        $refusal.FullyQualifiedErrorId | Should -Be (Id $Id $_)
        foreach ($name in $Names) { $refusal | Should -BeLike "*$([WildcardPattern]::Escape($name))*" }
        "$refusal" | Should -Not -Match '(?m)^\s+at '
    }
}

Describe 'Rows 1, 2 and 4: arguments, of <_>' -ForEach $launching {
    BeforeAll { $request = Request }

    It 'has to be told the project and the count' {
        $parameters = (Get-Command $_).Parameters
        $mandatory = $parameters.Values | Where-Object { $_.Attributes.Mandatory -contains $true }
        foreach ($name in 'Count', 'Project') { $mandatory.Name | Should -Contain $name }
    }

    It 'says in a session that cannot be asked what is missing' {
        $said = & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command "Import-Module '$manifest'; $_" 2>&1 | Out-String
        $said | Should -Match 'mandatory parameters: (Project Count|Count Project)'
    }

    It 'names an argument too many' {
        $cmdlet = $_
        { & $cmdlet $request.Project 1 surplus } | Should -Throw '*surplus*' -ErrorId "PositionalParameterNotFound,$((Get-Command $_).ImplementingType.FullName)"
    }

    It 'takes a count as PowerShell reads numbers' {
        foreach ($count in 2, '2', 2.0, 0x2, [long]2) {
            & $_ $request.Project $count -AwsSettings $request.AwsSettings -InstanceConfig $request.InstanceConfig -WhatIf | Should -BeNullOrEmpty
        }
    }

    It 'refuses 0, -1, 6 and x instances, and names the range' {
        foreach ($count in 0, -1, 6, 'x', '1.5x', 99999999999) {
            $refusal = Get-Refusal $_ $request $count
            $refusal.FullyQualifiedErrorId | Should -Be (Id InvalidCount $_)
            $refusal | Should -BeLike "*instances is $count;*1-5*"
            $refusal.CategoryInfo.Category | Should -Be 'InvalidArgument'
        }
    }

    It 'takes the upper end from MaxInstances' {
        $larger = Request
        Edit-Text $larger.InstanceConfig '(?=ImageID)' "MaxInstances = 7`n"
        Get-Refusal $_ $larger 8 | Should -BeLike '*1-7*'
    }

    It 'refuses a minimum that is more than the count' {
        (Get-Refusal $_ $request 2 @{ MinimumCount = 3 }).FullyQualifiedErrorId | Should -Be (Id InvalidCount $_)
    }
}

Describe 'Row 16: a key file of mode <_>' -ForEach $keyModes {
    It 'is as good as any' {
        $request = Request
        Set-Mode $request.Key $_
        Check $request -Quiet | Should -BeTrue
    }
}

Describe 'Row 30: files as Python''s ConfigParser reads them, with <Case>' -ForEach $readable {
    It 'are read' {
        $request = Request
        foreach ($file in $request.AwsSettings, $request.InstanceConfig) {
            [IO.File]::WriteAllText($file, (& $Edit ([IO.File]::ReadAllText($file))))
        }
        Check $request | Where-Object Status -EQ Error | Out-String | Should -BeNullOrEmpty
    }
}

Describe 'Several problems' {
    BeforeAll {
        $request = Request
        Remove-Item "$($request.Project)/manage.py", $request.Key
        Edit-Text $request.AwsSettings 'AccessKeyId' 'AccessId'
        Edit-Text $request.InstanceConfig 'ami-c7d092f7' 'ami-c7d092f7xxx'
        Edit-Text $request.InstanceConfig 'InstanceType' 'InstanceTipe'
        $ids = 'NotADjangoProject', 'ImageMalformed', 'KeyMissing', 'KeyMissing', 'KeyFileMissing'
    }

    It 'come together from Test-LOSettings' {
        (Check $request | Where-Object Status -EQ Error).Id | Sort-Object | Should -Be ($ids | Sort-Object)
    }

    It 'come together from <_>, with a count that is wrong as well' -ForEach $launching {
        $refusal = Get-Refusal $_ $request 9
        $wrong = $refusal.Exception.Problems | Where-Object Severity -EQ Error
        $wrong.Id | Sort-Object | Should -Be ($ids + 'InvalidCount' | Sort-Object)
        foreach ($id in $wrong.Id) { $refusal | Should -BeLike "*[[]$id]*" }
    }
}

Describe 'The secret in the settings' {
    BeforeDiscovery {
        $states = @(
            @{ State = 'all is right, but EC2 does not answer'; Break = { } }
            @{ State = 'the access key id is mistyped'; Break = { param($r) Edit-Text $r.AwsSettings 'AccessKeyId' 'AccessId' } }
            @{ State = 'the secret''s own key is mistyped'; Break = { param($r) Edit-Text $r.AwsSettings 'SecretAccessKey' 'SecretAcessKee' } }
            @{ State = 'the secret''s key is nothing known'; Break = { param($r) Edit-Text $r.AwsSettings 'SecretAccessKey' 'Password' } }
            @{ State = 'its line has no equals sign'; Break = { param($r) Edit-Text $r.AwsSettings '(?<=SecretAccessKey) =' '' } }
            @{ State = 'it stands alone in its line'; Break = { param($r) Edit-Text $r.AwsSettings 'SecretAccessKey = ' '' } }
            @{ State = 'it is given twice'; Break = { param($r) Edit-Text $r.AwsSettings '(SecretAccessKey = .*)' "`$1`n`$1" } }
            @{ State = 'it stands above every section'; Break = { param($r) Edit-Text $r.AwsSettings '^(\[EC2].*\n)(.*\n)(.*\n)' '$3$1$2' } }
            @{ State = 'its section is misspelt'; Break = { param($r) Edit-Text $r.AwsSettings '\[EC2]' '[EC3]' } }
            @{ State = 'it runs on in the next line'; Break = { param($r) Edit-Text $r.AwsSettings '(SecretAccessKey =) ' "`$1`n  " } }
            @{ State = 'the file is not private'; Break = { param($r) Set-Mode $r.AwsSettings 644 } }
        )
    }

    It 'shows nowhere where <State>' -ForEach $states {
        $request = Request
        & $Break $request
        $Error.Clear()
        $files = @{ AwsSettings = $request.AwsSettings; InstanceConfig = $request.InstanceConfig }
        $seen = @(
            Get-Everything (Test-LOSettings $request.Project @files -Verbose -Debug *>&1)
            foreach ($cmdlet in 'New-LOInstance', 'Start-LODeployment') {
                # What was written before the error is in $written.
                try {
                    & $cmdlet $request.Project 1 @files -Verbose -Debug *>&1 | Tee-Object -Variable written
                } catch {
                    Get-Everything $_
                }
                Get-Everything $written
            }
            foreach ($cmdlet in 'Get-LODeployment', 'Get-LOInstance') {
                try {
                    & $cmdlet blog-1 @files -Verbose -Debug *>&1
                } catch {
                    Get-Everything $_
                }
            }
            try {
                Remove-LODeployment blog-1 -AwsSettings $request.AwsSettings -Confirm:$false -Verbose -Debug *>&1
            } catch {
                Get-Everything $_
            }
            Get-Everything @($Error)
        ) -join "`n"
        $seen | Should -Not -BeNullOrEmpty
        $seen | Should -Not -Match $request.Secret
    }

    It 'is nothing that an instance holds: Format-List * shows the key''s path alone' {
        $type = ([AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'LinkOverflow.Deploy' }).GetType('LinkOverflow.Deploy.Deployments.LOInstance')
        $type.GetProperties().Name | Should -Not -Match 'Secret|Password|Token|Access'
    }
}

Describe 'The other cmdlets' {
    BeforeAll { $request = Request }

    It '<_> refuses settings that are wrong' -ForEach 'Remove-LODeployment', 'Get-LODeployment', 'Get-LOInstance' {
        $cmdlet = $_
        $more = if ($cmdlet -eq 'Remove-LODeployment') { @{ Confirm = $false } } else { @{ InstanceConfig = $request.InstanceConfig } }
        $wrong = Request
        Edit-Text $wrong.AwsSettings '\[EC2]' '[EC3]'
        { & $cmdlet blog-1 -AwsSettings $wrong.AwsSettings @more } | Should -Throw -ErrorId (Id SectionMissing $cmdlet)
    }

    It 'Publish-LODjango refuses a folder without a project before it takes an instance' {
        { @() | Publish-LODjango -Project $request.Folder } | Should -Throw -ErrorId (Id NotADjangoProject Publish-LODjango)
    }
}

Describe 'With -Lab, <_>' -ForEach $launching {
    BeforeAll {
        $before = $env:LINKOVERFLOW_LAB
        $env:LINKOVERFLOW_LAB = Join-Path $TestDrive 'no-lab-here.dll'
        $request = Request
        $files = @{ InstanceConfig = $request.InstanceConfig; Lab = $true }
    }

    AfterAll { if ($null -eq $before) { Remove-Item Env:LINKOVERFLOW_LAB } else { $env:LINKOVERFLOW_LAB = $before } }

    It 'starts no lab for a request that is wrong' {
        $cmdlet = $_
        { & $cmdlet "$($request.Folder)/nowhere" 1 @files } | Should -Throw -ErrorId (Id NotADjangoProject $cmdlet)
    }

    It 'says so where the lab does not start' {
        $cmdlet = $_
        { & $cmdlet $request.Project 1 @files } | Should -Throw -ErrorId (Id LabUnavailable $cmdlet)
    }
}
