#!/usr/bin/env bash
# Checks how the build takes ONNX Runtime from npm: once, and with a clear error where Node.js is missing.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
fail() { echo "error: $*" >&2; exit 1; }

dotnet build "$root/build/OnnxRuntime" > "$work/first.log" || { cat "$work/first.log"; fail "build/OnnxRuntime does not build"; }
dotnet build "$root/build/OnnxRuntime" > "$work/second.log"
if grep -q "Restoring ONNX Runtime" "$work/second.log"; then fail "a second build ran npm again"; fi
echo "a second build does not run npm"

mkdir -p "$work/copy/build/OnnxRuntime" "$work/bin"
cp "$root"/Directory.* "$root/global.json" "$root/README.md" "$work/copy/"
cp "$root"/build/OnnxRuntime/{OnnxRuntime.csproj,package.json,package-lock.json,.npmrc} "$work/copy/build/OnnxRuntime/"
for program in dotnet sh; do ln -s "$(readlink -f "$(command -v "$program")")" "$work/bin/$program"; done
if PATH="$work/bin" dotnet build "$work/copy/build/OnnxRuntime" > "$work/no-node.log" 2>&1; then fail "built without Node.js and without node_modules"; fi
grep -q "Node.js was not found" "$work/no-node.log" || { cat "$work/no-node.log"; fail "a missing Node.js does not give its error"; }
echo "a missing Node.js gives its error"
