#!/usr/bin/env bash
# Feeds every parser with damaged inputs for a few seconds each (FUZZ_SECONDS, 6 when not set: about 3 minutes in all); one that is neither read nor
# refused by an error of the library fails here, and lies in artifacts/fuzz with the line that repeats it. FUZZ_SEED gives other inputs.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
dotnet run --project "$root/bench/Fuzz" -c Release -- --seconds "${FUZZ_SECONDS:-6}" --seed "${FUZZ_SEED:-1}" --out "$root/artifacts/fuzz"
