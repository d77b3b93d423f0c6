#!/usr/bin/env bash
# The quick run of the shapes suite against stored figures: a method that erases or preserves significantly less than it did fails here.
# A change that is meant to move them stores new ones: evaluate models/shapes/suite.json --quick --out RUN, then copy RUN/report.json.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
dotnet run --project "$root/src/SafeDiffusion.Cli" -- evaluate "$root/models/shapes/suite.json" --quick \
  --out "$work/run" --baseline "$root/models/shapes/quick-baseline.json"
