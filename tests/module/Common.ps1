# What the files of this suite share; each dot-sources it in its BeforeAll.
$root = Split-Path (Split-Path $PSScriptRoot)
$manifest = Join-Path $root 'LinkOverflow.Deploy.psd1'
$sample = Join-Path $root 'samples' 'linkoverflow'

# Makes a folder with everything that a launch needs, all of it right; a test then breaks what it is about.
function New-Request([string] $Folder, [int] $Port = (Get-ClosedPort)) {
    $project = New-Item -ItemType Directory -Path (Join-Path $Folder 'blog')
    Set-Content -LiteralPath (Join-Path $project 'manage.py') "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'blog.settings')"
    Set-Content -LiteralPath (Join-Path $Folder 'site.pp') "notice('a site')"
    $request = [pscustomobject]@{
        Folder         = $Folder
        Project        = $project.FullName
        Key            = Join-Path $Folder 'me.pem'
        AwsSettings    = Join-Path $Folder '.aws.settings'
        InstanceConfig = Join-Path $Folder 'instance.config'
        Secret         = "Marked$([guid]::NewGuid().ToString('N'))"
    }
    Set-Content -LiteralPath $request.Key 'a private key'
    Set-Content -LiteralPath $request.AwsSettings @"
[EC2]
AccessKeyId = AKIAIOSFODNN7EXAMPLE
SecretAccessKey = $($request.Secret)
AvailabilityZone = us-west-2a
SSHKeyPair = me
SSHKeyPairFile = me.pem
EndpointUrl = http://127.0.0.1:$Port
"@
    Set-Content -LiteralPath $request.InstanceConfig @'
[EC2]
ImageID = ami-c7d092f7
InstanceType = t3.small
[Puppet]
PuppetConfigFile = site.pp
'@
    Set-Mode $request.Key 600
    Set-Mode $request.AwsSettings 600
    $request
}

# chmod, of files whose owner may not read them as well.
function Set-Mode([string] $Path, [string] $Mode) {
    if (-not $IsWindows) {
        [IO.File]::SetUnixFileMode($Path, [IO.UnixFileMode][Convert]::ToInt32($Mode, 8))
    }
}

# Replaces within a file and keeps its mode.
function Edit-Text([string] $Path, [string] $Pattern, [string] $Replacement) {
    $text = [IO.File]::ReadAllText($Path)
    $edited = $text -creplace $Pattern, $Replacement
    if ($edited -ceq $text) { throw "The test is wrong: '$Pattern' is not in $Path." }
    [IO.File]::WriteAllText($Path, $edited)
}

# A port of loopback that nobody listens on: whoever asks EC2 there is refused at once.
function Get-ClosedPort {
    $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
    $listener.Start()
    $listener.LocalEndpoint.Port
    $listener.Stop()
}

# Runs a script in a PowerShell of its own that knows nothing of the module, and gives back what it emits, by way of JSON.
function Invoke-FreshPowerShell([scriptblock] $Script, [hashtable] $Variables = @{}) {
    $set = foreach ($name in $Variables.Keys) { "`$$name = '$($Variables[$name] -replace "'", "''")'" }
    $text = "`$ErrorActionPreference = 'Stop'; $($set -join '; '); `$result = & { $Script }; '<json>' + (ConvertTo-Json @(`$result) -Depth 4 -Compress)"
    $before = $env:PSModulePath
    try {
        $env:PSModulePath = ($before -split [IO.Path]::PathSeparator -notlike "$root*") -join [IO.Path]::PathSeparator
        $output = & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command $text 2>&1 | Out-String
    } finally {
        $env:PSModulePath = $before
    }

    if ($output -notmatch '(?m)^<json>(.*)$') { throw "The script ended without a result:`n$output" }
    $Matches[1] | ConvertFrom-Json
}

# Everything a user could come to see of each thing, as one text.
function Get-Everything($Value) {
    foreach ($one in $Value) {
        $one | Out-String -Width 500
        if ($one -is [Management.Automation.ErrorRecord]) {
            Get-Error -InputObject $one | Out-String -Width 500
            $one.Exception.ToString()
            $one.Exception.Problems | Format-List * | Out-String -Width 500
        } else {
            $one | Format-List * -Force | Out-String -Width 500
            $one | ConvertTo-Json -Depth 3 -WarningAction SilentlyContinue
        }
    }
}
