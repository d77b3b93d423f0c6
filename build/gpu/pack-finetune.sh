#!/usr/bin/env bash
# Publishes the check of fine-tuning for linux-x64 with .NET and ONNX Runtime, without libtorch, which the machine that runs it has: below 20 MB.
# Usage: build/gpu/pack-finetune.sh OUT_DIR
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
out="$(mkdir -p "${1:?usage: pack-finetune.sh OUT_DIR}" && cd "$1" && pwd)"
rm -rf "$out/finetune-check"
dotnet publish "$root/bench/FineTuneCheck" -c Release -r linux-x64 --self-contained -p:Libtorch=none -p:PublishTrimmed=true -p:TrimMode=partial \
  -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false -p:SuppressTrimAnalysisWarnings=true -o "$out/finetune-check"
# What debuggers and other collectors need.
(cd "$out/finetune-check" && rm -f ./*.pdb ./*.xml createdump libmscordaccore.so libmscordbi.so libclrgc.so libclrgcexp.so libcoreclrtraceptprovider.so)
tar -C "$out" -c finetune-check | xz -9 -T0 > "$out/finetune-check.tar.xz"
(cd "$out" && sha256sum finetune-check.tar.xz > finetune-check.sha256 && ls -l finetune-check.tar.xz)
cp "$root/build/gpu/finetune.sh" "$out/"
