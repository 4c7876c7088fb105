# Runs the Pester suite and writes "passed failed skipped" to a file.
param(
    [Parameter(Mandatory)] [string] $ResultFile,
    [switch] $Quick
)
$ErrorActionPreference = 'Stop'
if (-not (Get-Module -ListAvailable Pester | Where-Object Version -GE 5.3)) {
    Write-Host 'skipped: the Pester suite (tests/module): Pester 5.3 or later is not installed (Install-Module Pester).'
    Set-Content -LiteralPath $ResultFile -NoNewline '0 0 1'
    exit 0
}
Import-Module Pester -MinimumVersion 5.3
$configuration = New-PesterConfiguration
$configuration.Run.Path = Join-Path (Split-Path $PSScriptRoot) 'tests' 'module'
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Normal'
if ($Quick) { $configuration.Filter.ExcludeTag = 'Machines' }
$run = Invoke-Pester -Configuration $configuration
foreach ($test in $run.Skipped) { Write-Host "skipped: $($test.ExpandedPath): $($test.ErrorRecord)" }
$failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
Set-Content -LiteralPath $ResultFile -NoNewline "$($run.PassedCount) $failed $($run.SkippedCount + $run.NotRunCount)"
exit [int]($failed -gt 0)
