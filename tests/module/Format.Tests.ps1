# What people see at a prompt: tables that fit 80 columns, and a Ctrl+C that is heard.
BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-Module $manifest

    # The type of what flows through the pipeline, from the load context that the cmdlets live in.
    $engine = [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'LinkOverflow.Deploy' }
    if (-not $engine) {
        $null = Test-LOSettings -Offline -Quiet
        $engine = [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'LinkOverflow.Deploy' }
    }

    function Instance([hashtable] $Values = @{}) {
        $all = @{
            Deployment = 'linkoverflow-1a2b3c4d'; Project = 'linkoverflow'; Name = 'linkoverflow-1'; InstanceId = 'i-0123456789abcdef0'
            PublicIp = '203.0.113.10'; InstanceType = 't3.small'; ImageId = 'ami-c7d092f7'; SshUser = 'admin'; KeyFile = '/home/me/.ssh/me.pem'
            Stage = 5; Url = 'http://203.0.113.10:8080/'; Elapsed = '00:01:02.3400000'
        }
        foreach ($name in $Values.Keys) { $all[$name] = $Values[$name] }
        [Text.Json.JsonSerializer]::Deserialize(($all | ConvertTo-Json), $engine.GetType('LinkOverflow.Deploy.Deployments.LOInstance'))
    }

    # The lines of a table as a terminal of 80 columns without colours shows them.
    function Lines($Value) {
        $rendering = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'PlainText'
            ($Value | Out-String -Width 80) -split '\r?\n' | Where-Object { $_.Trim() }
        } finally {
            $PSStyle.OutputRendering = $rendering
        }
    }
}

Describe 'An instance''s table' {
    BeforeAll { $lines = Lines (Instance), (Instance @{ Name = 'linkoverflow-2'; Stage = 6; Url = $null }) }

    It 'has a name, an id, a stage, its seconds and its address, one line each' {
        -split $lines[0] | Should -Be 'Name', 'InstanceId', 'Stage', 'Seconds', 'Url'
        -split $lines[2] | Should -Be 'linkoverflow-1', 'i-0123456789abcdef0', 'Healthy', '62.3', 'http://203.0.113.10:8080/'
        -split $lines[3] | Should -Be 'linkoverflow-2', 'i-0123456789abcdef0', 'Failed', '62.3'
    }

    It 'fits 80 columns' {
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 80
    }

    It 'keeps an id and an address whole, however long the name' {
        $lines = Lines (Instance @{ Name = 'a-name-of-thirty-two-letters-long-5'; Url = 'http://203.100.113.210:8080/' })
        $lines.Count | Should -BeGreaterOrEqual 3
        "$lines" | Should -Match 'i-0123456789abcdef0'
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 80
    }

    It 'has a colour for <Stage> where there are colours' -ForEach @(
        @{ Stage = 'Healthy'; Number = 5; Colour = 'Green' }
        @{ Stage = 'Failed'; Number = 6; Colour = 'Red' }
        @{ Stage = 'Booting'; Number = 1; Colour = 'Yellow' }
    ) {
        $rendering = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'Ansi'
            $text = Instance @{ Stage = $Number } | Out-String
        } finally {
            $PSStyle.OutputRendering = $rendering
        }
        $text.Contains("$($PSStyle.Foreground.$Colour)$Stage") | Should -BeTrue
    }

    It 'is another matter than Format-List *, which has it all and no secret' {
        $text = Instance | Format-List * | Out-String -Width 200
        foreach ($name in 'Deployment', 'PublicIp', 'KeyFile', 'Stage', 'Release', 'Health', 'LoginCommand') { $text | Should -Match "(?m)^$name\s+:" }
        $text | Should -Not -Match 'Secret|AccessKey|Token'
    }

    It 'is no hindrance to ConvertTo-Json' {
        (Instance | ConvertTo-Json | ConvertFrom-Json).InstanceId | Should -Be 'i-0123456789abcdef0'
    }

    It 'of an instance without an address yet can be listed, too' {
        Instance @{ PublicIp = $null; Url = $null; Stage = 0 } | Format-List * | Out-String | Should -Match 'Pending'
    }
}

Describe 'A deployment''s table' {
    BeforeAll {
        function Summary($Instances) {
            $typed = [Array]::CreateInstance($engine.GetType('LinkOverflow.Deploy.Deployments.LOInstance'), $Instances.Count)
            for ($i = 0; $i -lt $typed.Length; $i++) { $typed[$i] = $Instances[$i] }
            [Activator]::CreateInstance(
                $engine.GetType('LinkOverflow.Deploy.Deployments.DeploymentSummary'),
                @('linkoverflow-1a2b3c4d', 'linkoverflow', 'somebody@workstation', '0.1.0', $typed, [string[]]'sg-1'))
        }
    }

    It 'has its id, state, health, age, hours and whose it is, within 80 columns' {
        $lines = Lines (Summary @(
                Instance @{ State = 'running'; Launched = [datetime]::UtcNow.AddHours(-26) }
                Instance @{ State = 'running'; Launched = [datetime]::UtcNow.AddHours(-2); Stage = 6 }))
        -split $lines[0] | Should -Be 'Deployment', 'State', 'Healthy', 'Age', 'Hours', 'Owner'
        $lines[2] | Should -Match '^linkoverflow-1a2b3c4d +running +1/2 +1d 02:00 +28\.0 +somebody@'
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 80
    }

    It 'shows a deployment of which only a security group is left, too' {
        (Lines (Summary @()))[2] | Should -Match '^linkoverflow-1a2b3c4d +no instances +0/0 +0\.0 +somebody@'
    }
}

Describe 'A settings check''s table' {
    BeforeAll {
        $request = New-Request (New-Item -ItemType Directory "$TestDrive/check")
        Edit-Text $request.InstanceConfig 'ImageID' 'ImogeId'
        $lines = Lines (Test-LOSettings -AwsSettings $request.AwsSettings -InstanceConfig $request.InstanceConfig -Offline)
        $text = $lines -join '' -replace '\s+'
    }

    It 'has a status, a check and a message' {
        -split $lines[0] | Should -Be 'Status', 'Check', 'Message'
        $lines | Where-Object { $_ -match '^Ok\s+AwsSettings\s+key pair me, us-west-2a' } | Should -HaveCount 1
        $lines | Where-Object { $_ -match '^Skipped\s+KeyPair\s+EC2 was left out\.' } | Should -HaveCount 1
    }

    It 'fits 80 columns, and wraps what is longer instead of cutting it' {
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 80
        $text | Should -Match 'KeyImageIDismissingin\[EC2]\.'
        $text | Should -Not -Match '…'
    }

    It 'gives a problem''s line, what to do and its id' {
        $text | Should -Match 'instance\.config:2:'
        $text | Should -Match 'Line2hasImogeId;itshouldreadImageID\.'
        $text | Should -Match '\[KeyMissing]'
    }
}

Describe 'Ctrl+C' {
    BeforeAll {
        # An endpoint that takes every call and never answers.
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $request = New-Request (New-Item -ItemType Directory "$TestDrive/stop") $listener.LocalEndpoint.Port
        $files = @{ AwsSettings = $request.AwsSettings; InstanceConfig = $request.InstanceConfig }
        $launch = $files + @{ Project = $request.Project; Count = 1 }
    }

    AfterAll { $listener.Stop() }

    It 'stops <Cmdlet> within a second while EC2 lets it wait' -ForEach @(
        @{ Cmdlet = 'New-LOInstance'; Arguments = { $launch } }
        @{ Cmdlet = 'Start-LODeployment'; Arguments = { $launch } }
        @{ Cmdlet = 'Test-LOSettings'; Arguments = { $files } }
        @{ Cmdlet = 'Get-LODeployment'; Arguments = { $files } }
        @{ Cmdlet = 'Remove-LODeployment'; Arguments = { @{ Deployment = 'blog-1'; AwsSettings = $request.AwsSettings; Confirm = $false } } }
    ) {
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddCommand('Import-Module').AddParameter('Name', $manifest).Invoke()
            $shell.Commands.Clear()
            $running = $shell.AddCommand($Cmdlet).AddParameters([hashtable](& $Arguments)).BeginInvoke()
            $call = $listener.AcceptTcpClientAsync()
            $call.Wait(10000) | Should -BeTrue -Because 'it calls EC2'

            $clock = [Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $clock.ElapsedMilliseconds | Should -BeLessThan 1000
            $shell.InvocationStateInfo.State | Should -Be 'Stopped'
            $shell.Streams.Error | Should -BeNullOrEmpty
            $running.IsCompleted | Should -BeTrue
        } finally {
            if ($call.IsCompletedSuccessfully) { $call.Result.Dispose() }
            # Calls that were made side by side are not left to the next test.
            while ($listener.Pending()) { $listener.AcceptTcpClient().Dispose() }
            $shell.Dispose()
        }
    }
}
