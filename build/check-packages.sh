#!/usr/bin/env bash
# Packs the packages and uses them as a newcomer does: a fresh project outside the repository, and the installed tool.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
fail() { echo "error: $*" >&2; exit 1; }
quietly() { "$@" > "$work/log" 2>&1 || { cat "$work/log"; fail "failed: $*"; }; }

packages="$work/packages"
for project in SafeDiffusion.Instrumentation SafeDiffusion SafeDiffusion.ImageSharp SafeDiffusion.Training SafeDiffusion.Evaluation SafeDiffusion.Cli; do
  quietly dotnet pack "$root/src/$project" --output "$packages"
done
# Where the package source has no Microsoft.ML.OnnxRuntime, the build's own stands in for it.
quietly dotnet pack "$root/build/OnnxRuntime/OnnxRuntime.csproj" -p:IsPackable=true --output "$packages"
(cd "$packages" && ls -s --block-size=K ./*.nupkg)
version="$(basename "$packages"/SafeDiffusion.[0-9]*.nupkg .nupkg)"
version="${version#SafeDiffusion.}"
runtime="$(basename "$packages"/Microsoft.ML.OnnxRuntime.[0-9]*.nupkg .nupkg)"
runtime="${runtime#Microsoft.ML.OnnxRuntime.}"

# Nothing is inherited from folders above, and no package comes out of a cache.
export NUGET_PACKAGES="$work/cache"
consumer="$work/consumer"
mkdir -p "$consumer"
cd "$consumer"
echo '<Project />' | tee Directory.Build.props Directory.Build.targets Directory.Packages.props > /dev/null
cat > nuget.config <<'XML'
<configuration>
  <packageSources>
    <add key="local" value="../packages" />
  </packageSources>
</configuration>
XML
cat > Consumer.csproj <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="SafeDiffusion" Version="$version" />
  </ItemGroup>
</Project>
XML
cat > policy.json <<'JSON'
{ "version": 1, "protections": [ { "method": "safe-latent", "concept": "a red triangle", "preset": "max" } ] }
JSON
cat > Program.cs <<'CS'
using SafeDiffusion;

await using SafeDiffusionPipeline pipeline = await SafeDiffusionPipeline.LoadAsync(args[0]);
GenerationRequest request = new("a blue circle and a red triangle") { Steps = 5, Policy = SafetyPolicy.Load("policy.json") };
GenerationResult result = await pipeline.GenerateAsync(request);
result.SavePng(0, "picture.png");
Console.WriteLine(result.Report.Summary);
CS
quietly dotnet build --output "$work/built"
dotnet "$work/built/Consumer.dll" "$root/models/shapes"
require_png() { [ "$(head -c 4 "$1" | tail -c 3)" = PNG ] || fail "$1 is not a PNG"; }
require_png picture.png
echo "a fresh project restores the package and draws"

# NuGet unpacked the library's package on the way.
unpacked="$NUGET_PACKAGES/safediffusion/$version"
grep -q "<dependency id=\"Microsoft.ML.OnnxRuntime\" version=\"$runtime\"" "$unpacked/safediffusion.nuspec" \
  || fail "SafeDiffusion does not depend on Microsoft.ML.OnnxRuntime $runtime"
foreign="$(find "$unpacked" -iname '*onnxruntime*' -o -name '*.so' -o -name '*.dylib' -o -path '*/runtimes/*')"
[ -z "$foreign" ] || fail "SafeDiffusion's package holds $foreign"
echo "SafeDiffusion $version depends on Microsoft.ML.OnnxRuntime $runtime and holds nothing of it"

quietly dotnet tool install SafeDiffusion.Cli --version "$version" --tool-path "$work/tools" --configfile nuget.config
tool="$work/tools/safediffusion"
quietly "$tool" inspect --model "$root/models/shapes"
quietly "$tool" generate "a green star" --model "$root/models/shapes" --steps 5 --policy policy.json --out tool.png --report tool.json --quiet
require_png tool.png
[ -s tool.json ] || fail "the tool wrote no report"
echo "the installed tool inspects and draws"
