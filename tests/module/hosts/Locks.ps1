# A context of Hosts.Tests.ps1: somebody else is at work with apt or dpkg, as cloud-init is on a fresh machine.
Context 'A lock of apt or dpkg that is held' {
    BeforeAll {
        $host1 = $machines[1]
        $install = (Get-Content -Raw "$root/src/LinkOverflow.Deploy/Remote/cancellation.sh", "$root/src/LinkOverflow.Deploy/Puppet/install.sh") -join "`n"
        Invoke-Root 'apt-get -y -q remove puppet-agent >/dev/null 2>&1; printf %s "import fcntl, sys, time
f = open(sys.argv[1], \"w\")
fcntl.lockf(f, fcntl.LOCK_EX)
open(\"/root/locked\", \"w\").close()
time.sleep(600)" >/root/lock.py' $host1

        function Lock-File([string] $Path) { Invoke-Root "rm -f /root/locked; systemd-run --quiet --unit lo-lock python3 /root/lock.py $Path; until [ -e /root/locked ]; do sleep 0.1; done" $host1 }
    }

    AfterAll { Invoke-Root 'systemctl stop lo-lock.service lo-unlock.timer 2>/dev/null; rm -f /root/lock.py /root/locked' $host1 }
    AfterEach { Invoke-Root 'systemctl stop lo-lock.service lo-unlock.timer 2>/dev/null; apt-get -y -q remove puppet-agent >/dev/null 2>&1; true' $host1 }

    It 'is waited for, and said: <_>' -ForEach '/var/lib/apt/lists/lock', '/var/lib/dpkg/lock' {
        Lock-File $_
        Invoke-Root 'systemd-run --quiet --unit lo-unlock --on-active 4 systemctl stop lo-lock.service' $host1
        $done = $host1 | Invoke-LOCommand -AsRoot $install '', '120'
        $done.ExitCode | Should -Be 0 -Because $done.Error
        $done.Output | Should -BeLike "*lo:note waiting for a lock, since 0 s, for 120 s at most:*lock*"
        Invoke-Root 'puppet --version' $host1 | Should -Match '^\d'
    }

    It 'is not waited for beyond the limit, and the error says so' {
        Lock-File /var/lib/apt/lists/lock
        $late = $host1 | Invoke-LOCommand -AsRoot $install '', '4'
        $late.ExitCode | Should -Not -Be 0
        $late.Error | Should -BeLike '*/var/lib/apt/lists/lock*The lock is still held after 4 s.*'
    }
}
