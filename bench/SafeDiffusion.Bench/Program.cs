using BenchmarkDotNet.Running;
using SafeDiffusion.Bench;

switch (args)
{
    case ["evaluation", .. string[] rest]: await EvaluationRate.RunAsync(rest); break;
    case ["quantized", _, ..]: await QuantizedPictures.CompareAsync(args[1..]); break;
    case ["decoder", _, ..]: await QuantizedPictures.CompareDecodersAsync(args[1..]); break;
    default: BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args); break;
}
