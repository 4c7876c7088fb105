# Runs the Pester suite and writes its result to a JSON file: passed, failed and skipped in numbers, and what failed in words.
param(
    [Parameter(Mandatory)] [string] $ResultFile,
    [switch] $Quick
)
$ErrorActionPreference = 'Stop'
if (-not (Get-Module -ListAvailable Pester | Where-Object Version -GE 5.3)) {
    Write-Host 'skipped: the Pester suite (tests/module): Pester 5.3 or later is not installed (Install-Module Pester).'
    @{ passed = 0; failed = 0; skipped = 1; failures = @() } | ConvertTo-Json | Set-Content -LiteralPath $ResultFile
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
$failures = @($run.Failed; $run.FailedBlocks; $run.FailedContainers) | Where-Object { $_ } | ForEach-Object {
    $stack = @("$(@($_.ErrorRecord.ScriptStackTrace)[0])" -split "`n") -notmatch 'Pester[^/\\]*\.psm?1'
    "$($_.ExpandedPath ?? $_.Item): $(@($_.ErrorRecord; $stack) -join "`n")"
}
@{
    passed = $run.PassedCount
    failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
    skipped = $run.SkippedCount + $run.NotRunCount
    failures = @($failures)
} | ConvertTo-Json | Set-Content -LiteralPath $ResultFile
exit [int]($run.Result -ne 'Passed')
