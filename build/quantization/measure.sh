#!/usr/bin/env bash
# Measures UNet and VAE decoder in 8-bit whole numbers against float32: the full-size structure (random weights, so time and memory only), and the shapes
# model, if it is given. Prints as it goes; needs neither network nor .NET.
# Usage: build/quantization/measure.sh PUBLISHED STRUCTURE WORK_DIR [SHAPES_MODEL]
#   PUBLISHED  the folder that pack.sh publishes
#   STRUCTURE  the full-size structure without weights (tests/Fixtures/sd-v1-structure)
#   WORK_DIR   where models are made, 6 GB; what is there already is used again
# STEPS (5), SIZE (64, the latents' height and width) and THREADS ("1 N", N the machine's cores) set what is measured.
# ONNX Runtime chooses its kernels by the processor and cannot be told to leave instructions out; session.x64quantprecision=1 takes the
# exact U8U8 kernels that processors without VNNI need, where it takes effect at all.
set -euo pipefail
usage="usage: measure.sh PUBLISHED STRUCTURE WORK_DIR [SHAPES_MODEL]"
published="${1:?$usage}"
structure="${2:?$usage}"
work="${3:?$usage}"
size="${SIZE:-64}"
steps="${STEPS:-5}"
threads="${THREADS:-1 $(nproc)}"
mkdir -p "$work"
unet() { "$published/FullSizeUNet/FullSizeUNet" "$work/full/unet/model.onnx" "$@"; }

echo "== processor"
lscpu | grep -E '^(Model name|CPU\(s\)|Thread)' || true
grep -m1 ^flags /proc/cpuinfo | tr ' ' '\n' | grep -E '^(avx2|avx_vnni|avx512_vnni|avx512f|amx_int8|amx_tile)$' | xargs echo instructions:

[ -d "$work/full/unet" ] || "$published/FullSizeModel/FullSizeModel" "$structure" "$work/full" unet
echo "== quantising"
[ -f "$work/ranges.json" ] || unet --observe "$work/ranges.json" --size 32 --rows 1
[ -f "$work/int8/model.onnx" ] || unet --quantize "$work/int8" --ranges "$work/ranges.json"
int8="model=$work/int8/model.onnx"

for count in $threads; do
  echo "== float32, 8 bits, 8 bits with exact U8U8 products, in turns; $count threads, latents $size x $size, 2 rows"
  unet switch:no-pattern "switch:no-pattern,$int8" "switch:no-pattern,session.x64quantprecision=1,$int8" --steps "$steps" --threads "$count" --size "$size"
done
last="${threads##* }"
echo "== all features, float32 and 8 bits in turns; $last threads"
unet switch+all:no-pattern "switch+all:no-pattern,$int8" --steps "$steps" --threads "$last" --size "$size" --guidelines 4 --concepts 1
echo "== alone, for loading and memory: 8 bits, then float32"
unet "switch:no-pattern,$int8" --steps 2 --threads "$last" --size "$size"
unet switch:no-pattern --steps 2 --threads "$last" --size "$size"

vae="$work/full/vae_decoder/model.onnx"
decoder() { "$published/FullSizeUNet/FullSizeUNet" "$vae" "$@"; }
[ -f "$vae" ] || "$published/FullSizeModel/FullSizeModel" "$structure" "$work/full" vae_decoder
[ -f "$work/vae-ranges.json" ] || decoder --observe "$work/vae-ranges.json" --size 16 --rows 1
[ -f "$work/vae-int8/model.onnx" ] || decoder --quantize "$work/vae-int8" --ranges "$work/vae-ranges.json"
echo "== VAE decoder, float32 and 8 bits in turns; $last threads, latents $size x $size"
decoder plain:no-pattern "plain:no-pattern,model=$work/vae-int8/model.onnx" --steps 2 --threads "$last" --size "$size" --rows 1

if [ -n "${4:-}" ]; then
  echo "== shapes model"
  tool="$published/SafeDiffusion.Cli/safediffusion"
  [ -x "$tool" ] || tool="$published/SafeDiffusion.Cli/SafeDiffusion.Cli"
  [ -d "$work/shapes-int8" ] || "$tool" quantize --model "$4" --out "$work/shapes-int8" --prompts "$4/assets/shapes.calibration.txt" --copy-weights
  for model in "$4" "$work/shapes-int8"; do "$tool" bench --model "$model"; done
fi
