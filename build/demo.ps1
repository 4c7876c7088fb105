# The demo's deployment in PowerShell. Writes what Start-LODeployment emits to a file, as JSON.
param(
    [Parameter(Mandatory)] [int] $Count,
    [Parameter(Mandatory)] [string] $ResultFile
)
$root = Split-Path $PSScriptRoot
Import-Module (Join-Path $root 'LinkOverflow.Deploy.psd1')
# Without a terminal there are no progress bars: each step is a line instead.
$steps = if ([Console]::IsErrorRedirected -or [Console]::IsOutputRedirected) { 'Continue' } else { 'SilentlyContinue' }
$failed = $null
$instances = @(Start-LODeployment -Project (Join-Path $root 'samples/linkoverflow') -Count $Count -Lab -InformationAction $steps -ErrorVariable failed)
$instances | Select-Object Deployment, Name, InstanceId, PublicIp, SshUser, KeyFile, Url, @{ n = 'Stage'; e = { "$($_.Stage)" } },
    @{ n = 'Seconds'; e = { $_.Elapsed.TotalSeconds } }, @{ n = 'Login'; e = { $_.LoginCommand } } |
    ConvertTo-Json -AsArray | Set-Content -LiteralPath $ResultFile
exit [int]($instances.Count -lt $Count)
