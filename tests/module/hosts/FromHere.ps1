# A context of Hosts.Tests.ps1: a site that is well on its host, and not as seen from here.
Context 'A site that is well on its host alone' {
    BeforeAll {
        $host1 = $machines[1]
        $short = New-Config @{ HealthTimeout = '6' }
        $unwell = @'

import sys


def health(request):
    if request.META["REMOTE_ADDR"].endswith("127.0.0.1"):
        return HttpResponse("well")
    print("turned away:", request.META["REMOTE_ADDR"], file=sys.stderr, flush=True)
    return HttpResponse("not for you", status=503)


urlpatterns.insert(0, path("health", health))
'@
        $folder = New-Ledger
        $good = $host1 | Publish-LODjango $folder -InstanceConfig $short
        $null = Get-Page '/add/before' $host1
        Add-Content "$folder/ledger/urls.py" $unwell
        Set-Content "$folder/ledger/migrations/0002_more.py" "from django.db import migrations, models`nclass Migration(migrations.Migration):`n    dependencies = [('ledger', '0001_initial')]`n    operations = [migrations.AddField('Entry', 'more', models.IntegerField(null=True))]"
        $host1 | Publish-LODjango $folder -InstanceConfig $short -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'fails with what it answered here and with the last lines of the service''s log' {
        $failed.FullyQualifiedErrorId | Should -BeLike 'HealthCheckFailed,*'
        "$failed" | Should -BeLike '*it answered 503*'
        "$failed" | Should -BeLike '*turned away: *'
    }

    It 'puts back code and database, and says so' {
        "$failed" | Should -BeLike "*The release before it, $($good.Release), is back.*"
        $health = (Get-Page '/health' $host1).Content | ConvertFrom-Json
        $health.release | Should -Be $good.Release
        $health.columns | Should -Be 'id', 'key'
        (Get-Page '/keys' $host1).Content | ConvertFrom-Json | Should -Contain before
        ($host1 | Get-LORelease | Where-Object Current).Release | Should -Be $good.Release
    }

    It 'leaves the release in use that is published, fails here, and was in use before' {
        $only = Join-Path $TestDrive 'only' 'ledger'
        Copy-Item -Recurse $folder $only
        Remove-Item "$only/ledger/migrations/0002_more.py"
        Invoke-Root 'systemctl stop django-ledger.service django-ledger.socket; rm /srv/ledger/current' $host1
        $host1 | Publish-LODjango $only -InstanceConfig $short -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        "$failed" | Should -BeLike '*turned away: *stays in use.*'
        (Get-Page '/keys' $host1).Content | ConvertFrom-Json | Should -Contain before
    }
}
