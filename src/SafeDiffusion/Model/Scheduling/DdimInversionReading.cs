namespace SafeDiffusion.Model.Scheduling;

/// <summary>Which timestep the model is told while latents are taken from one level of noise up to the next.</summary>
internal enum DdimInversionReading
{
    /// <summary>
    /// The level to go to (diffusers' <c>DDIMInverseScheduler</c>). The round trip loses about a fifth of what the other reading loses.
    /// </summary>
    TargetTimestep,

    /// <summary>The level that the latents are at; for clean latents the lowest timestep of the run.</summary>
    SourceTimestep,
}
