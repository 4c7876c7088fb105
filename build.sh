#!/usr/bin/env bash
# The project's tasks: build test demo lab bench pack clean. Their logic is in build/, shared with build.ps1.
set -euo pipefail
cd "$(dirname "$0")"
if ! command -v dotnet >/dev/null; then
  echo "build.sh: the .NET 10 SDK is needed, and there is no dotnet on the PATH (https://dotnet.microsoft.com/download)." >&2
  exit 2
fi
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
# Its words are of interest only where it fails.
if ! said=$(dotnet build build/LinkOverflow.Build.csproj -c Release -v quiet -nologo 2>&1); then
  printf '%s\n' "$said" >&2
  exit 1
fi
exec dotnet artifacts/build/LinkOverflow.Build.dll "$@"
