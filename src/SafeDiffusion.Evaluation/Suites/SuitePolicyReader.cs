using System.Text.Json;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Policies;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Evaluation.Suites;

/// <summary>Reads a suite's policies: protections in the suite itself, as in a policy's file, or such a file.</summary>
internal static class SuitePolicyReader
{
    /// <exception cref="InvalidSuiteException">A field is missing, contradicts another, or is not a policy.</exception>
    /// <exception cref="InvalidFileException">The policy file is missing or too large.</exception>
    public static SuitePolicy Read(PolicyDocument? policy, string folder, MethodCatalogue methods, string at)
    {
        if (policy is null) throw new InvalidSuiteException(at, "is null.");
        if (policy.Protections is null == policy.File is null)
        {
            throw new InvalidSuiteException($"{at}.protections", "give either protections or a policy's file.");
        }
        return new SuitePolicy(policy.Name, policy.File is { } file ? Load(file, folder, methods, at) : Parse(policy.Protections!, folder, methods, at));
    }

    private static SafetyPolicy Load(string file, string folder, MethodCatalogue methods, string at)
    {
        try
        {
            return SafetyPolicy.Load(SuitePath.Resolve(folder, file, $"{at}.file"), methods);
        }
        catch (InvalidPolicyException error)
        {
            throw new InvalidSuiteException($"{at}.file", $"{file}, {error.Path}: {error.Reason}", error);
        }
    }

    private static SafetyPolicy Parse(IEnumerable<JsonElement> protections, string folder, MethodCatalogue methods, string at)
    {
        try
        {
            string list = string.Join(',', protections.Select(protection => protection.GetRawText()));
            return SafetyPolicy.Parse($$"""{ "version": 1, "protections": [{{list}}] }""", folder, methods);
        }
        catch (InvalidPolicyException error)
        {
            throw new InvalidSuiteException($"{at}.{error.Path}", error.Reason, error);
        }
    }
}
