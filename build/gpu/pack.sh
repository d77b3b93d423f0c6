#!/usr/bin/env bash
# Publishes the GPU check for linux-x64 with everything it needs but CUDA, and cuts it into parts that can travel: CUDA's provider alone has 284 MB.
# Usage: build/gpu/pack.sh OUT_DIR [PART_BYTES]
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
out="$(mkdir -p "${1:?usage: pack.sh OUT_DIR [PART_BYTES]}" && cd "$1" && pwd)"
part="${2:-50000000}"
dotnet publish "$root/bench/GpuCheck" -c Release -r linux-x64 --self-contained -p:OnnxRuntime=gpu -o "$out/gpu-check"
# TensorRT is not asked for, and its library would look for TensorRT's.
rm -f "$out"/gpu-check/libonnxruntime_providers_tensorrt.so "$out"/gpu-check/*.pdb "$out"/gpu-check.tar.xz.part-*
tar -C "$out" -c gpu-check | xz -9 -T0 | split -b "$part" -d -a 3 - "$out/gpu-check.tar.xz.part-"
(cd "$out" && sha256sum gpu-check.tar.xz.part-* > gpu-check.sha256 && ls -l gpu-check.tar.xz.part-*)
cp "$root/build/gpu/run.sh" "$out/"
