#!/usr/bin/env bash
# Checks ONNX Runtime's CUDA provider on this machine and measures the full-size UNet on it; prints one JSON. Needs an NVIDIA driver for CUDA 13,
# CUDA 13 and cuDNN 9, from the system or as pip's nvidia-* packages.
# Usage: build/gpu/run.sh PUBLISHED SHAPES_MODEL [STRUCTURE [WORK_DIR]]
#   PUBLISHED  the folder gpu-check that pack.sh publishes, or the folder with its parts, which are joined beside them
#   STRUCTURE  the full-size structure without weights (tests/Fixtures/sd-v1-structure); without it no step is measured
#   WORK_DIR   where models are made, 8 GB; a temporary folder otherwise
# PROVIDER=cpu tries the script where there is no GPU; STEPS and SIZE set how many steps of which latent size are measured.
set -euo pipefail
usage="usage: run.sh PUBLISHED SHAPES_MODEL [STRUCTURE [WORK_DIR]]"
published="${1:?$usage}"
shapes="${2:?$usage}"
provider="${PROVIDER:-cuda}"

if [ ! -x "$published/GpuCheck" ]; then
  if [ ! -x "$published/gpu-check/GpuCheck" ]; then
    (cd "$published" && sha256sum --quiet -c gpu-check.sha256 && cat gpu-check.tar.xz.part-* | tar -xJ)
  fi
  published="$published/gpu-check"
fi

if [ -n "${4:-}" ]; then work="$4"; else work="$(mktemp -d)"; trap 'rm -rf "$work"' EXIT; fi
mkdir -p "$work"

# pip puts CUDA's libraries where the loader does not look.
wheels="$(python3 -c '
import glob, nvidia
print(":".join(folder for path in nvidia.__path__ for folder in sorted(glob.glob(path + "/*/lib"))))' 2> /dev/null || true)"
export LD_LIBRARY_PATH="$wheels${LD_LIBRARY_PATH:+${wheels:+:}$LD_LIBRARY_PATH}"

arguments=(--provider "$provider" --shapes "$shapes" --work "$work" --out "$work/report.json")
[ -z "${3:-}" ] || arguments+=(--structure "$3")
[ -z "${STEPS:-}" ] || arguments+=(--steps "$STEPS")
[ -z "${SIZE:-}" ] || arguments+=(--size "$SIZE")
rm -f "$work/report.json"
code=0
"$published/GpuCheck" "${arguments[@]}" >&2 || code=$?
[ ! -f "$work/report.json" ] || cat "$work/report.json"
exit "$code"
