# A context of Hosts.Tests.ps1: Ctrl+C while a host is at something.
Context 'An interruption' {
    BeforeAll {
        # Runs a cmdlet on the machine in a runspace of its own, interrupts it once the host is where it has to be, and tells how long that took.
        function Stop-Midway([string] $Cmdlet, [hashtable] $Parameters, [string] $When) {
            $shell = [powershell]::Create()
            try {
                $null = $shell.AddCommand('Import-Module').AddParameter('Name', $manifest).Invoke()
                $shell.Commands.Clear()
                $running = $shell.AddCommand($Cmdlet).AddParameters($Parameters + @{ InputObject = $machine }).BeginInvoke()
                $clock = [Diagnostics.Stopwatch]::StartNew()
                while (-not ($machine | Invoke-LOCommand -AsRoot $When).Success) {
                    if ($running.IsCompleted -or $clock.Elapsed.TotalSeconds -gt 120) {
                        throw "It never came to '$When': $($shell.Streams.Error) $($shell.Streams.Information)"
                    }
                    [Threading.Thread]::Sleep(50)
                }
                $clock.Restart()
                $shell.Stop()
                $clock.ElapsedMilliseconds | Should -BeLessThan 1000
                $shell.InvocationStateInfo.State | Should -Be 'Stopped'
            } finally {
                $shell.Dispose()
            }
        }

        function Wait-Root([string] $Until, [int] $Seconds = 60) {
            Invoke-Root "timeout $Seconds bash -c 'until $Until; do sleep 0.1; done'"
        }

        # Every package takes its time before dpkg gets to it.
        function Set-SlowPackages { Invoke-Root 'printf %s "DPkg::Pre-Install-Pkgs {\"touch /root/unpacking; sleep 3\";};" >/etc/apt/apt.conf.d/99slow; rm -f /root/unpacking' }
        $idle = '! pgrep -f "[p]uppet apply|[a]pt-get|[d]pkg " >/dev/null'
    }

    AfterAll {
        Invoke-Root 'rm -f /etc/apt/apt.conf.d/99slow /root/unpacking /root/first /root/second'
        $null = $machine | Install-LOPuppet -InstanceConfig $config
    }

    It 'ends a command with all that it runs' {
        Stop-Midway Invoke-LOCommand @{ Command = 'sleep 4711; true'; AsRoot = $true } 'pgrep -f "^sleep 4711" >/dev/null'
        Wait-Root '! pgrep -f "^sleep 4711" >/dev/null' 5
    }

    It 'has Puppet finish the resource that it is at, and begin no other; the next run does the rest' {
        $manifest1 = New-Manifest "exec { '/bin/sleep 3': } -> file { '/root/first': content => '' } -> exec { '/usr/bin/touch /root/second': creates => '/root/second' }"
        Stop-Midway Install-LOPuppet @{ InstanceConfig = $manifest1 } 'pgrep -f "^/bin/sleep 3" >/dev/null'
        Invoke-Root 'pgrep -fc "^/bin/sleep 3"' | Should -Be 1
        Wait-Root $idle 20
        Invoke-Root 'ls /root/first /root/second /etc/linkoverflow/applied 2>/dev/null || true' | Should -BeNullOrEmpty

        $run = ($machine | Install-LOPuppet -InstanceConfig $manifest1).Puppet
        $run.Failed | Should -BeNullOrEmpty
        Invoke-Root 'ls /root/first /root/second' | Should -Match 'second'
    }

    It 'lets <What> finish the packages that it is at, and the next run waits for it' -ForEach @(
        @{ What = 'Puppet'; Package = 'hello'; Resources = "package { 'hello': ensure => installed } -> file { '/root/second': content => '' }" }
        @{ What = 'the installation of Puppet'; Package = 'puppet-agent'; Resources = '' }) {
        Set-SlowPackages
        Invoke-Root "apt-get -y -q remove $Package >/dev/null 2>&1; rm -f /root/second /root/unpacking"
        $other = New-Manifest $Resources
        Stop-Midway Install-LOPuppet @{ InstanceConfig = $other } 'test -e /root/unpacking'

        # At once, while the other one is still at it.
        $said = $machine | Install-LOPuppet -InstanceConfig $other -InformationAction Continue 6>&1 | Out-String
        $said | Should -Match 'waiting for what an earlier run'
        $said | Should -Not -Match 'half-installed'
        Invoke-Root "dpkg --audit; dpkg-query --show --showformat '`${db:Status-Status}' $Package" | Should -BeExactly 'installed'
    }

    It 'ends <Where>, and the site is as it was' -ForEach @(
        @{ Where = 'a migration that is tried on a copy'; Condition = "'trial' in editor.connection.settings_dict['NAME']" }
        @{ Where = 'a migration of the database in use'; Condition = "'trial' not in editor.connection.settings_dict['NAME']" }) {
        Invoke-Root 'systemctl disable --now --quiet django-ledger.socket django-ledger.service 2>/dev/null; rm -rf /srv/ledger'
        $null = $machine | Publish-LODjango (New-Ledger) -InstanceConfig $config
        $key = [guid]::NewGuid()
        (Get-Page "/add/$key").StatusCode | Should -Be 201
        $release = Invoke-Root 'readlink /srv/ledger/current'
        $keys = (Get-Page '/keys').Content
        $slow = New-Ledger {
            Set-Content ledger/migrations/0002_slow.py @"
import subprocess
from django.db import migrations, models

def slow(apps, editor):
    apps.get_model('ledger', 'Entry').objects.create(key='half')
    if ${Condition}:
        subprocess.run(['sleep', '4712'])

class Migration(migrations.Migration):
    atomic = False
    dependencies = [('ledger', '0001_initial')]
    operations = [migrations.AddField('Entry', 'more', models.IntegerField(null=True)), migrations.RunPython(slow)]
"@
        }
        Stop-Midway Publish-LODjango @{ Project = $slow; InstanceConfig = $config } 'pgrep -f "^sleep 4712" >/dev/null'
        Wait-Root 'flock --nonblock /run/lock/django-ledger.publish true' 20
        Invoke-Root 'pgrep -f "^sleep 4712|[m]anage.py migrate" || true' | Should -BeNullOrEmpty
        Invoke-Root 'readlink /srv/ledger/current' | Should -Be $release
        Invoke-Root 'ls /srv/ledger/shared' | Should -Not -Match 'trial'
        (Get-Page '/keys').Content | Should -Be $keys
        ((Get-Page '/health').Content | ConvertFrom-Json).columns | Should -Not -Contain 'more'

        # What was interrupted can be done again.
        $quick = New-Ledger { Copy-Item "$slow/ledger/migrations/0002_slow.py" ledger/migrations; (Get-Content -Raw ledger/migrations/0002_slow.py) -replace '4712', '0' | Set-Content ledger/migrations/0002_slow.py }
        ($machine | Publish-LODjango $quick -InstanceConfig $config).Stage | Should -Be 'Healthy'
        (Get-Page '/keys').Content | Should -Match "$key.*half"
    }
}
