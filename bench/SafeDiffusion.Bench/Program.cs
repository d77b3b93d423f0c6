using BenchmarkDotNet.Running;
using SafeDiffusion.Bench;

if (args is ["evaluation", .. string[] rest]) await EvaluationRate.RunAsync(rest);
else BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
