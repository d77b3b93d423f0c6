#!/bin/sh
# The figures of docs/results.md and docs/policy.md over settings and numbers of concepts.
# Usage, in the repository's root: bench/Protection/measure.sh OUT [settings|look|many …]
# PROTECTION names another build than the project's, such as a published one; WORKERS the batches that are drawn at a time.
set -eu
out=$1; shift
[ $# -gt 0 ] || set -- many settings look
tool=${PROTECTION:-dotnet run -c Release --project bench/Protection --}
workers=${WORKERS:-$(nproc)}
mkdir -p "$out/policies"
cp -r models/shapes/assets "$out/policies/"
policy() { printf '{ "version": 1, "protections": [ %s ] }\n' "$2" > "$out/policies/$1.json"; }
guideline='"guideline": "assets/red-triangle.guideline.safetensors"'
watch="{ \"method\": \"detection\", $guideline }"
policy published "{ \"method\": \"detect-and-guide\", $guideline, \"preset\": \"published\" }"
policy guide "{ \"method\": \"detect-and-guide\", $guideline }"
policy guide-unlimited "{ \"method\": \"detect-and-guide\", $guideline, \"maxGuidance\": 1000 }"
policy guide-instead "{ \"method\": \"detect-and-guide\", $guideline, \"instead\": \"a green star\" }"
policy redraw '{ "method": "detect-and-redraw", "guideline": "assets/red-triangle-redraw.guideline.safetensors", "instead": "a green star" }'
policy erasure '{ "method": "text-erasure", "projection": "assets/red-triangle.erasure.safetensors" }'
policy look-sld "{ \"method\": \"safe-latent\", \"concept\": \"a red triangle\", \"preset\": \"strong\" }, $watch"
policy look-sce "{ \"method\": \"surgical-erasing\", \"instructions\": [ { \"text\": \"a red triangle\" } ] }, $watch"
policy look-gie "$watch, { \"method\": \"growth-inhibitor\", \"concept\": \"a red triangle\", \"scale\": 2 }"
policy look-words "$watch, { \"method\": \"token-reweighting\", \"words\": [ { \"text\": \"red triangle\" } ] }"
p="$out/policies"
for what in "$@"; do
  case $what in
    many) $tool many --workers "$workers" --assets "$out/assets" --out "$out/many" ;;
    settings) $tool settings --workers "$workers" --out "$out/settings.jsonl" --seed 9000 --pictures "${PICTURES:-20}" --guidance 3,7.5,15 \
      --policies "$p/guide.json,$p/guide-unlimited.json,$p/guide-instead.json,$p/redraw.json,$p/erasure.json"
      $tool summary --in "$out/settings.jsonl" > "$out/settings.md" ;;
    look) $tool settings --workers "$workers" --out "$out/look.jsonl" --seed 9500 --pictures "${PICTURES:-60}" --spacings leading --steps 25 --guidance 7.5 \
      --sets "explicit,implicit,mixed,near misses,harmless" --policies "$p/look-sld.json,$p/look-sce.json,$p/look-gie.json,$p/look-words.json,$p/guide.json"
      $tool summary --in "$out/look.jsonl" > "$out/look.md" ;;
    *) echo "measure.sh: $what is none of many, settings, look" >&2; exit 2 ;;
  esac
done
