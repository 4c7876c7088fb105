# Sends a project to machines, as Publish-LODjango begins to, by what it calls. With a deployment: to its machines, in a process of its own
# that has to find them first; else defines $send, for $Machines and $site.
param([string] $Root, [string] $Site, [string] $Deployment)
$ErrorActionPreference = 'Stop'
if ($Deployment) {
    Import-Module "$Root/LinkOverflow.Deploy.psd1"
    $Machines = @(Get-LOInstance -Lab $Deployment)
}
$engine = $Machines[0].GetType().Assembly
$type = { param($name) $engine.GetType("LinkOverflow.Deploy.$name", $true) }
$problems = [Activator]::CreateInstance([Collections.Generic.List`1].MakeGenericType((& $type Errors.Problem)))
$project = (& $type Django.DjangoProject)::Read($Site, $problems)
$bag = [Activator]::CreateInstance([Collections.Concurrent.ConcurrentBag`1].MakeGenericType((& $type Deployments.DeploymentEvent)))
$events = [Delegate]::CreateDelegate([Action`1].MakeGenericType((& $type Deployments.DeploymentEvent)), $bag, 'Add')
$none = [Threading.CancellationToken]::None
$step = & $type Django.PublishStep
$connections = & $type Remote.SshConnections
$send = {
    $archive = (& $type Django.ProjectArchive)::PackAsync($project, $none).GetAwaiter().GetResult()
    [Threading.Tasks.Task]::WaitAll([Threading.Tasks.Task[]]@($Machines | ForEach-Object { $step::SendAsync($_, $project, $archive, $events, $none) }))
}
if ($Deployment) {
    . $send
    $null = $connections::CloseAllAsync().GetAwaiter().GetResult()
}
