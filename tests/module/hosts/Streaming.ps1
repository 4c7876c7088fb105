# A context of Hosts.Tests.ps1: what hosts print.
Context 'What hosts print, with -Verbose' {
    It 'comes while they still work, each line with its host''s name before it' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $came = $machines | Invoke-LOCommand 'echo first; sleep 4; echo second >&2' -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] } |
            ForEach-Object { [pscustomobject]@{ Text = "$_"; At = $clock.Elapsed.TotalSeconds } }
        foreach ($one in $machines) {
            $first = $came | Where-Object Text -EQ "$($one.Name): first"
            $second = $came | Where-Object Text -EQ "$($one.Name): second"
            $first, $second | Should -Not -BeNullOrEmpty
            $second.At - $first.At | Should -BeGreaterThan 2
        }
    }
}
