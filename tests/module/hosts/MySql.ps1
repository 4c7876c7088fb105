# A context of Hosts.Tests.ps1: a MariaDB on the host, whose migrations are not transactions: what a failed one has done stays.
Context 'A MySQL database' {
    BeforeAll {
        $host1 = $machines[1]
        $short = New-Config @{ HealthTimeout = '10' }
        Invoke-Root 'export DEBIAN_FRONTEND=noninteractive; apt-get -q -y install --no-install-recommends mariadb-server python3-mysqldb >/dev/null 2>&1; systemctl start mariadb; mariadb -e "CREATE DATABASE ledger CHARACTER SET utf8mb4; CREATE DATABASE restored; CREATE USER linkoverflow@localhost IDENTIFIED BY ''of a test''; GRANT ALL ON ledger.* TO linkoverflow@localhost"' $host1
        Invoke-Root 'systemctl stop django-ledger.service django-ledger.socket 2>/dev/null; rm -rf /srv/ledger' $host1
        $folder = New-Ledger { Add-Content ledger/settings.py 'DATABASES = {"default": {"ENGINE": "django.db.backends.mysql", "NAME": "ledger", "USER": "linkoverflow", "PASSWORD": "of a test"}}' }
        $good = $host1 | Publish-LODjango $folder -InstanceConfig $short -WarningVariable first -WarningAction SilentlyContinue
        $null = Get-Page '/add/kept' $host1

        # Publishes the project with a migration and gives back what was said and what failed.
        function Publish-Step([string] $Operation, $With = $short, [scriptblock] $Change = {}) {
            $changed = Join-Path $TestDrive ([guid]::NewGuid()) 'ledger'
            Copy-Item -Recurse $folder $changed
            Push-Location $changed
            try {
                Set-Content 'ledger/migrations/0002_step.py' "from django.db import migrations, models`ndef fail(apps, editor):`n    raise RuntimeError('half-way')`nclass Migration(migrations.Migration):`n    dependencies = [('ledger', '0001_initial')]`n    operations = [$Operation]"
                . $Change
            } finally {
                Pop-Location
            }

            $said = $host1 | Publish-LODjango $changed -InstanceConfig $With -ErrorVariable failed -ErrorAction SilentlyContinue -WarningVariable warned -WarningAction SilentlyContinue -InformationAction Continue 6>&1
            @{ Said = "$said"; Failed = $failed; Warned = "$warned" }
        }

        function Get-Column { ((Get-Page '/health' $host1).Content | ConvertFrom-Json).columns }
        function Get-Dump { Invoke-Root 'ls -d /srv/ledger/shared/backups/dump-* 2>/dev/null || true' $host1 }
        $add = "migrations.AddField('Entry', 'more', models.IntegerField(null=True))"

        # What docs/hosts.md says of a dump.
        function Restore-Dump {
            $dump = @(Get-Dump)[-1]
            Invoke-Root "set -e -o pipefail; cd /srv/ledger/current/project && set -a && . ../site.env && set +a; zcat $dump/default.sql.gz | PYTHONPATH=.. setpriv --reuid linkoverflow --regid linkoverflow --init-groups ../venv/bin/python manage.py dbshell" $host1
            Invoke-Root 'rm -rf /srv/ledger/shared/backups/dump-*' $host1
        }
    }

    It 'is migrated and served, with a warning of what is not done for it' {
        Get-Column | Should -Be 'id', 'key'
        "$first" | Should -BeLike '*the database is M*: its migrations are not tried on a copy*'
        Get-Dump | Should -BeNullOrEmpty -Because 'there was nothing in it'
    }

    It 'is dumped before a migration, of which a half stays where it fails; the error names the dump, which takes it back' {
        $step = Publish-Step "$add, migrations.RunPython(fail)"
        $step.Failed.FullyQualifiedErrorId | Should -BeLike 'MigrationFailed,*'
        $dump = @(Get-Dump)
        $dump.Count | Should -Be 1
        "$($step.Failed)" | Should -BeLike "*half-way*which is not put back here: what was migrated stays migrated. $dump holds it*"
        Get-Column | Should -Be 'id', 'key', 'more'
        (Get-Page '/keys' $host1).Content | ConvertFrom-Json | Should -Be kept
        Invoke-Root "stat -c '%a %U' $dump/default.sql.gz" $host1 | Should -Be '600 linkoverflow'
        Restore-Dump
        Get-Column | Should -Be 'id', 'key'
        (Get-Page '/keys' $host1).Content | ConvertFrom-Json | Should -Be kept
    }

    It 'stays migrated where the release is not well afterwards, and the dump is named' {
        $step = Publish-Step $add -Change { Add-Content ledger/urls.py "`ndef health(request):`n    raise RuntimeError('not well')`nurlpatterns.insert(0, path('health', health))" }
        $step.Failed.FullyQualifiedErrorId | Should -BeLike 'HealthCheckFailed,*'
        "$($step.Failed)" | Should -BeLike "*stays migrated. $(Get-Dump) holds it*$($good.Release), is back*"
        Restore-Dump
    }

    It 'is not dumped where DatabaseDumps says no' {
        $step = Publish-Step "$add, migrations.RunPython(fail)" (New-Config @{ HealthTimeout = '10'; DatabaseDumps = 'no' })
        "$($step.Failed)" | Should -BeLike '*stays migrated.*'
        Get-Dump | Should -BeNullOrEmpty
        Invoke-Root 'mariadb ledger -e "ALTER TABLE ledger_entry DROP COLUMN more"' $host1
    }

    It 'is migrated without a dump where the host has no program for it, with a warning' {
        Invoke-Root 'chmod a-x /usr/bin/mariadb-dump' $host1
        try { $step = Publish-Step $add } finally { Invoke-Root 'chmod a+x /usr/bin/mariadb-dump' $host1 }
        $step.Failed | Should -BeNullOrEmpty
        $step.Warned | Should -BeLike '*is not backed up before its migrations: this host has no mariadb-dump and no mysqldump*'
        Get-Column | Should -Be 'id', 'key', 'more'
        (Get-Page '/keys' $host1).Content | ConvertFrom-Json | Should -Be kept
    }
}
