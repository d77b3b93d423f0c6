#!/usr/bin/env bash
# What a user is told when CUDA is asked for and something is missing, tried really: each case is built and run. Needs no GPU; a C compiler stands in for drivers.
# Usage: build/gpu/check-errors.sh
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
failed=0

# Builds a program that asks for a provider, with the given native packages beside the library.
build() { # NAME PACKAGE...
  local name="$1"; shift
  mkdir -p "$work/$name"
  echo '<Project />' | tee "$work/Directory.Build.props" "$work/Directory.Build.targets" "$work/Directory.Packages.props" > /dev/null
  {
    echo '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType></PropertyGroup><ItemGroup>'
    echo "<ProjectReference Include=\"$root/src/SafeDiffusion/SafeDiffusion.csproj\" />"
    for package in "$@"; do echo "<PackageReference Include=\"${package%:*}\" Version=\"${package#*:}\" />"; done
    echo '</ItemGroup></Project>'
  } > "$work/$name/$name.csproj"
  echo 'System.Console.WriteLine(SafeDiffusion.ProviderFeasibility.Of(System.Enum.Parse<SafeDiffusion.ExecutionProvider>(args[0])));' > "$work/$name/Program.cs"
  dotnet build "$work/$name" --output "$work/$name/out" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}

version() { sed -n "s/.*Include=\"$1\" Version=\"\\([^\"]*\\)\".*/$1:\\1/p" "$root/Directory.Packages.props"; }

# A driver that answers as asked: what cuInit returns, devices, version.
driver() {
  mkdir -p "$work/$1"
  echo "int cuInit(unsigned f){return $2;} int cuDeviceGetCount(int*n){*n=$3;return 0;} int cuDriverGetVersion(int*v){*v=$4;return 0;}" > "$work/driver.c"
  cc -shared -fPIC -Wl,-soname,libcuda.so.1 -o "$work/$1/libcuda.so.1" "$work/driver.c"
}

expect() { # NAME PROVIDER LIBRARIES TEXT...
  local name="$1" provider="$2" libraries="$3" answer; shift 3
  answer="$(LD_LIBRARY_PATH="$libraries" dotnet "$work/$name/out/$name.dll" "$provider" 2>&1)" || true
  for text in "$@"; do
    grep -qF -- "$text" <<< "$answer" && continue
    echo "error: $name, $provider: not told '$text', but:"; echo "$answer"; failed=1
    return
  done
  echo "$name, $provider: $answer"
}

cpu="$(version Microsoft.ML.OnnxRuntime)" gpu="$(version Microsoft.ML.OnnxRuntime.Gpu)"
build none; build cpu "$cpu"; build gpu "$gpu"; build both "$cpu" "$gpu"
driver no-device 100 0 13000; driver old 0 1 12080; driver good 0 1 13000; driver no-cudnn 0 1 13000; driver empty 0 1 13000
echo > "$work/nothing.c"
for library in libcudart.so.13 libcublas.so.13 libcublasLt.so.13 libcurand.so.10; do
  for folder in no-cudnn empty; do cc -shared -Wl,-soname,"$library" -o "$work/$folder/$library" "$work/nothing.c"; done
done
cc -shared -Wl,-soname,libcudnn.so.9 -o "$work/empty/libcudnn.so.9" "$work/nothing.c"

expect none Cpu "" Microsoft.ML.OnnxRuntime Microsoft.ML.OnnxRuntime.Gpu
expect none Cuda "" Microsoft.ML.OnnxRuntime Microsoft.ML.OnnxRuntime.Gpu
expect cpu Cpu "" "IsAvailable = True"
expect cpu Cuda "" "is the one for the CPU" Microsoft.ML.OnnxRuntime.Gpu
expect both Cuda "" "both Microsoft.ML.OnnxRuntime and Microsoft.ML.OnnxRuntime.Gpu"
expect gpu Cpu "" "IsAvailable = True"
expect gpu Cuda "" "no NVIDIA driver" "CUDA 13 is not found" libcublasLt.so.13 "cuDNN 9" libcudnn.so.9
expect gpu Cuda "$work/no-device" "finds no device"
expect gpu Cuda "$work/old" "install one for CUDA 13"
expect gpu Cuda "$work/good" "CUDA 13 is not found" libcudart.so.13
expect gpu Cuda "$work/no-cudnn" "not available: cuDNN 9 for CUDA 13 is not found (libcudnn.so.9)"
# Libraries that are there and do not fit: the loader's own reason.
expect gpu Cuda "$work/empty" "Failed to load library" libonnxruntime_providers_cuda.so
exit "$failed"
