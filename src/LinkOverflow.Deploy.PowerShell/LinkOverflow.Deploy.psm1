# The cmdlets are compiled; this loads them into a load context of their own (see ModuleLoader.cs).
if (-not ('LinkOverflow.Deploy.Loader.ModuleLoader' -as [type])) {
    Add-Type -Path (Join-Path $PSScriptRoot 'LinkOverflow.Deploy.Loader.dll')
}
$inner = Import-Module -Assembly ([LinkOverflow.Deploy.Loader.ModuleLoader]::Load($PSScriptRoot)) -PassThru

# Import-Module -Force finds the inner module loaded already and then exports none of its cmdlets; PowerShell has no public way to add them.
$add = [psmoduleinfo].GetMethod('AddExportedCmdlet', [Reflection.BindingFlags]'Instance, NonPublic')
foreach ($cmdlet in $inner.ExportedCmdlets.Values) {
    [void]$add.Invoke($ExecutionContext.SessionState.Module, @(, $cmdlet))
}

# The runspaces of ForEach-Object -Parallel and Start-ThreadJob import nothing by themselves: they find commands by PSModulePath alone,
# and there only in a folder that bears the module's name. A module that was imported by its path has to put itself there.
$moduleFolder = Split-Path $PSScriptRoot
$searched = if ((Split-Path $moduleFolder -Leaf) -eq 'LinkOverflow.Deploy') {
    Split-Path $moduleFolder
} else {
    # In a clone the build lays the module out under its name.
    Join-Path $moduleFolder 'artifacts' 'module'
}
if ($searched -notin ($env:PSModulePath -split [IO.Path]::PathSeparator)) {
    $env:PSModulePath += [IO.Path]::PathSeparator + $searched
}
