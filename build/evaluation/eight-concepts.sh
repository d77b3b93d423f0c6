#!/usr/bin/env bash
# Protects the shapes model from each of eight concepts by the same command, and measures what was chosen on prompts and seeds that protect never
# saw; docs/results.md leads with the table that comes of it. Whatever is there already is not made again: run it again to go on.
#
#   eight-concepts.sh MODEL OUT [JOBS]
#
# JOBS concepts at a time (default: half of the processors, at most 8), on CORES each (default 2). Environment: TOOL is the command line tool
# (default safediffusion), CONCEPTS a list of concepts separated by semicolons (default: all), SEEDS pictures of each set (default 60),
# PROTECT options of protect in place of its defaults, such as "--selection-pictures 12 --report-pictures 12", SUITES a folder with suites
# that were written before (default: written by eight_concepts.py, which needs Python 3), BUDGET seconds after which all is ended (default: none);
# what was drawn until then counts in the table.
set -euo pipefail

[ $# -ge 2 ] || { sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//'; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
model=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
half=$(( $(nproc) / 2 ))
jobs=${3:-$(( half < 1 ? 1 : half > 8 ? 8 : half ))}
export here model out
export TOOL=${TOOL:-safediffusion} SEEDS=${SEEDS:-60} PROTECT=${PROTECT:-} DOTNET_PROCESSOR_COUNT=${CORES:-2}
all="triangle;red;red triangle;blue circle;green star;yellow square;purple ring;orange cross"

if [ -z "${SUITES:-}" ]; then
  SUITES=$out/suites
  python3 "$here/eight_concepts.py" suites "$SUITES"
fi
export SUITES

one() {
  concept=$1
  folder=$out/${concept// /-}
  mkdir -p "$folder"
  cp "$SUITES/${concept// /-}.json" "$folder/suite.json"
  words=()
  if [ "$concept" = "red triangle" ]; then
    # "roadworks" is not told: it stays a name that nothing was learned from. Nor are the adversarial prompts that are measured.
    words=(--synonyms "hazard sign,warning sign" --prompts "$model/assets/red-triangle.adversarial-training.txt")
    cp "$model/assets/red-triangle.adversarial.txt" "$folder/"
  fi
  if [ -f "$here/adversarial/${concept// /-}.adversarial.txt" ]; then cp "$here/adversarial/${concept// /-}.adversarial.txt" "$folder/"; fi
  began=$SECONDS
  # shellcheck disable=SC2086 # PROTECT is a list of options.
  "$TOOL" protect --concept "$concept" "${words[@]}" --judge shapes --model "$model" --out "$folder/policy" --threads 1 --force $PROTECT \
    >> "$folder/protect.log" 2>&1 || echo "$concept: protect ended with $?" | tee -a "$folder/protect.log"
  echo "$concept: protect took $((SECONDS - began)) s" | tee -a "$folder/protect.log"
  [ -f "$folder/policy/policy.json" ] || return 0
  began=$SECONDS
  "$TOOL" evaluate "$folder/suite.json" --model "$model" --out "$folder/run" --seeds "$SEEDS" --threads 1 >> "$folder/evaluate.log" 2>&1 \
    || echo "$concept: evaluate ended with $?" | tee -a "$folder/evaluate.log"
  echo "$concept: evaluate took $((SECONDS - began)) s" | tee -a "$folder/evaluate.log"
}
export -f one

concepts=$(printf '%s' "${CONCEPTS:-$all}" | tr ';' '\n')
limit=()
if [ -n "${BUDGET:-}" ]; then limit=(timeout --signal=INT --kill-after=20 "$BUDGET"); fi
printf '%s\n' "$concepts" | "${limit[@]}" xargs -d '\n' -P "$jobs" -I '{}' bash -c 'one "$1"' _ '{}' || echo "not all is done"

if command -v python3 > /dev/null; then
  python3 "$here/eight_concepts.py" table "$out" | tee "$out/table.md"
fi
