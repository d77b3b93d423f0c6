#!/usr/bin/env bash
# Packs the packages and uses them as a newcomer does: the README's own program in fresh projects outside the repository, and the installed tool.
# Everything but our own packages comes from the machine's package sources.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
fail() { echo "error: $*" >&2; exit 1; }
quietly() { "$@" > "$work/log" 2>&1 || { cat "$work/log"; fail "failed: $*"; }; }
require_png() { [ "$(head -c 4 "$1" | tail -c 3)" = PNG ] || fail "$1 is not a PNG"; }

packages="$work/packages"
libraries="SafeDiffusion SafeDiffusion.Composing SafeDiffusion.Core SafeDiffusion.Evaluation SafeDiffusion.FineTuning SafeDiffusion.ImageSharp SafeDiffusion.Instrumentation SafeDiffusion.Training"
platforms="linux-x64 linux-arm64 win-x64 win-arm64 osx-arm64"
quietly dotnet pack "$root" -p:PackageOutputPath="$packages"
(cd "$packages" && ls -s --block-size=K ./*.nupkg)
version="$(basename "$packages"/SafeDiffusion.Core.[0-9]*.nupkg .nupkg)"
version="${version#SafeDiffusion.Core.}"
expected="$(for package in $libraries SafeDiffusion.Cli $(printf 'SafeDiffusion.Cli.%s ' $platforms); do echo "$package.$version.nupkg"; done | LC_ALL=C sort)"
[ "$(cd "$packages" && ls ./*.nupkg | sed 's,^\./,,' | LC_ALL=C sort)" = "$expected" ] || fail "the packages should be: $expected"

# The names of a package's files stand in it uncompressed.
for platform in $platforms; do
  natives="$(grep -aoE 'tools/[^/]+/[^/]+/(lib)?onnxruntime\.(so|dylib|dll)' "$packages/SafeDiffusion.Cli.$platform.$version.nupkg" | LC_ALL=C sort -u)"
  [[ "$natives" =~ ^tools/[^/]+/$platform/[^/]+$ ]] || fail "SafeDiffusion.Cli.$platform should hold one library of ONNX Runtime, and holds: $natives"
done

# No package comes out of a cache, nothing is inherited from folders above, and the sources are the machine's and the local one.
export NUGET_PACKAGES="$work/cache"
cd "$work"
for file in Directory.Build.props Directory.Build.targets Directory.Packages.props; do echo '<Project />' > "$file"; done
cat > nuget.config <<'XML'
<configuration>
  <packageSources>
    <add key="packed" value="packages" />
  </packageSources>
</configuration>
XML

# A page's blocks of C# as one program: its usings, its statements, its types.
program_of() {
  awk '/^```csharp$/ { inside = 1; block = ""; declares = 0; next }
    /^```$/ && inside { inside = 0; if (declares) types = types block "\n"; else statements = statements block "\n"; next }
    inside && /^using [A-Za-z.]+;$/ { if (!seen[$0]++) usings = usings $0 "\n"; next }
    inside { if (/^(public|internal) .*(record|class) /) declares = 1; block = block $0 "\n" }
    END { printf "%s\n%s\n%s", usings, statements, types }' "$1"
}

# Makes a console project of a page's program: new_project NAME PAGE PACKAGE...
new_project() {
  local name="$1" page="$2" package
  shift 2
  mkdir "$name"
  program_of "$root/$page" > "$name/Program.cs"
  cp -r "$root/models" "$name/models"
  {
    echo '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>'
    echo '<Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings><TreatWarningsAsErrors>true</TreatWarningsAsErrors></PropertyGroup><ItemGroup>'
    for package in "$@"; do echo "<PackageReference Include=\"${package%=*}\" Version=\"${package#*=}\" />"; done
    echo '</ItemGroup></Project>'
  } > "$name/$name.csproj"
  quietly dotnet build "$name" --output "$work/built/$name"
}

runtime="$(sed -nE 's/.*Include="Microsoft\.ML\.OnnxRuntime" Version="([^"]+)".*/\1/p' "$root/Directory.Packages.props")"
new_project Drawing README.md "SafeDiffusion=$version" "Microsoft.ML.OnnxRuntime=$runtime"
(cd Drawing && quietly dotnet "$work/built/Drawing/Drawing.dll")
require_png Drawing/picture.png
grep -q '"concept": "a red triangle"' Drawing/picture.report.json || fail "the report does not name the policy's concept"
echo "a fresh project restores SafeDiffusion and Microsoft.ML.OnnxRuntime, and the README's program draws with its policy"

new_project Fading docs/writing-a-protection.md "SafeDiffusion=$version" "Microsoft.ML.OnnxRuntime=$runtime"
(cd Fading && quietly dotnet "$work/built/Fading/Fading.dll")
grep -q '^step 9: ' "$work/log" || { cat "$work/log"; fail "the page's protection does not tell of its steps"; }
echo "the page on writing a protection compiles as it stands, and its program draws"

new_project Bare README.md $(printf "%s=$version " $libraries)
if { (cd Bare && ulimit -c 0 && dotnet "$work/built/Bare/Bare.dll") > "$work/log" 2>&1; } 2> /dev/null; then fail "a project without ONNX Runtime's native part draws"; fi
grep -q 'ProviderNotAvailableException: .*Microsoft\.ML\.OnnxRuntime (CPU) or Microsoft\.ML\.OnnxRuntime\.Gpu (CUDA)' "$work/log" \
  || { cat "$work/log"; fail "without a native part, the error does not name both packages"; }
echo "a fresh project without a native part gets the error that names both packages"

# NuGet has unpacked the libraries on the way.
for library in $libraries; do
  unpacked="$NUGET_PACKAGES/$(echo "$library" | tr '[:upper:]' '[:lower:]')/$version"
  nuspec="$(echo "$unpacked"/*.nuspec)"
  grep -q "$packages" "$unpacked/.nupkg.metadata" || fail "$library comes from another source"
  foreign="$(find "$unpacked" \( -iname '*onnxruntime*' -o -name '*.so' -o -name '*.dylib' -o -path '*/runtimes/*' -o -path '*/build/*' \))"
  [ -z "$foreign" ] || fail "$library holds $foreign"
  others="$(grep -o 'dependency id="Microsoft\.ML\.OnnxRuntime[^"]*"' "$nuspec" | grep -v 'OnnxRuntime\.Managed"' || true)"
  [ -z "$others" ] || fail "$library has the $others"
done
grep -q 'dependency id="Microsoft.ML.OnnxRuntime.Managed"' "$NUGET_PACKAGES/safediffusion.core/$version/safediffusion.core.nuspec" \
  || fail "SafeDiffusion.Core does not depend on Microsoft.ML.OnnxRuntime.Managed"
echo "the libraries depend on Microsoft.ML.OnnxRuntime.Managed alone and hold no native library"

quietly dotnet tool install SafeDiffusion.Cli --version "$version" --tool-path tools --add-source "$packages"
tool="$work/tools/safediffusion"
natives="$(find tools -name 'libonnxruntime.*' -o -name 'onnxruntime.dll' | wc -l)"
[ "$natives" -eq 1 ] || fail "the installed tool holds $natives native libraries of ONNX Runtime"
echo '{ "version": 1, "protections": [ { "method": "safe-latent", "concept": "a red triangle", "preset": "max" } ] }' > policy.json
quietly "$tool" inspect --model "$root/models/shapes"
quietly "$tool" generate "a green star" --model "$root/models/shapes" --steps 5 --policy policy.json --out tool.png --report tool.json --quiet
require_png tool.png
[ -s tool.json ] || fail "the tool wrote no report"
echo "the installed tool inspects and draws, with $(du -sm tools | cut -f1) MB installed"
