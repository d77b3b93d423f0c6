#!/usr/bin/env bash
# Publishes what measure.sh needs for linux-x64, with everything that a machine without .NET lacks.
# Usage: build/quantization/pack.sh OUT_DIR
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
out="$(mkdir -p "${1:?usage: pack.sh OUT_DIR}" && cd "$1" && pwd)"
for project in bench/FullSizeModel bench/FullSizeUNet src/SafeDiffusion.Cli; do
  dotnet publish "$root/$project" -c Release -r linux-x64 --self-contained -p:UseAppHost=true -p:PublishSingleFile=false -p:RunAnalyzers=false --nologo -v q -o "$out/$(basename "$project")"
done
cp "$root/build/quantization/measure.sh" "$out/"
