namespace SafeDiffusion.Protections;

/// <summary>A learned asset that a protection acts with.</summary>
/// <param name="Path">Its file; empty for one made in memory.</param>
/// <param name="Hash">The SHA-256 of its content, in hexadecimal.</param>
/// <param name="BaseModelHash">The SHA-256 of the weights of the model that it was learned with, in hexadecimal.</param>
/// <param name="AllowOtherModel">Whether it is used with another model nevertheless.</param>
public sealed record ProtectionAsset(string Path, string Hash, string BaseModelHash, bool AllowOtherModel);
