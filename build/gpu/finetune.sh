#!/usr/bin/env bash
# Trains a few steps on this machine's CPU and GPU, compares their losses, and measures training steps; prints one JSON.
# Usage: build/gpu/finetune.sh PUBLISHED SHAPES_MODEL [STRUCTURE [WORK_DIR]]
#   PUBLISHED  the folder finetune-check that pack-finetune.sh publishes, or the folder with its archive, which is unpacked beside it
#   STRUCTURE  the full-size structure without weights (tests/Fixtures/sd-v1-structure); without it no full-size step is measured
#   WORK_DIR   where the full-size UNet is made, 3.5 GB; a temporary folder otherwise
# libtorch is taken from SAFEDIFFUSION_LIBTORCH, or from the PyTorch that PYTHON (python3) finds.
# DEVICE=cpu tries the script where there is no GPU; STEPS, SIZE (several parted by spaces), BATCH, THREADS and RECOMPUTE
# (pieces in which activations are computed again) set what is measured.
set -euo pipefail
usage="usage: finetune.sh PUBLISHED SHAPES_MODEL [STRUCTURE [WORK_DIR]]"
published="${1:?$usage}"
shapes="${2:?$usage}"
device="${DEVICE:-cuda}"

if [ ! -x "$published/FineTuneCheck" ]; then
  if [ ! -x "$published/finetune-check/FineTuneCheck" ]; then
    (cd "$published" && sha256sum --quiet -c finetune-check.sha256 && tar -xJf finetune-check.tar.xz)
  fi
  published="$published/finetune-check"
fi
if [ -z "${SAFEDIFFUSION_LIBTORCH:-}" ]; then
  SAFEDIFFUSION_LIBTORCH="$("${PYTHON:-python3}" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')"
fi
export SAFEDIFFUSION_LIBTORCH
echo "libtorch from $SAFEDIFFUSION_LIBTORCH" >&2
# What TorchSharp's library asks for and another version of libtorch lacks ends the process at its first use.
missing="$(LD_LIBRARY_PATH="$SAFEDIFFUSION_LIBTORCH" ldd -r "$published/libLibTorchSharp.so" 2>&1 | grep -c 'undefined symbol' || true)"
echo "TorchSharp's library finds all but $missing of its symbols" >&2

if [ -n "${4:-}" ]; then work="$4"; else work="$(mktemp -d)"; trap 'rm -rf "$work"' EXIT; fi
mkdir -p "$work"
arguments=(--device "$device" --shapes "$shapes" --work "$work" --out "$work/finetune.json")
[ -z "${3:-}" ] || arguments+=(--structure "$3")
[ -z "${STEPS:-}" ] || arguments+=(--steps "$STEPS")
# shellcheck disable=SC2086
[ -z "${SIZE:-}" ] || arguments+=(--size $SIZE)
[ -z "${BATCH:-}" ] || arguments+=(--batch "$BATCH")
[ -z "${RECOMPUTE:-}" ] || arguments+=(--recompute "$RECOMPUTE")
[ -z "${THREADS:-}" ] || arguments+=(--threads "$THREADS")
rm -f "$work/finetune.json"
code=0
"$published/FineTuneCheck" "${arguments[@]}" >&2 || code=$?
[ ! -f "$work/finetune.json" ] || cat "$work/finetune.json"
exit "$code"
