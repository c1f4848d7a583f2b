import ArgumentParser
import Kernels

/// How graphs are computed.
struct ComputeArguments: ParsableArguments {
  @Option(help: "Threads to use; all cores that are allowed by default.") var threads: Int?
  @Option(
    help: ArgumentHelp(
      "How float32 convolutions are computed.",
      discussion: "direct leaves out transformations that save multiplications; blas is the oracle."
    ))
  var convolution: ConvolutionMethod = .fastest
  @Flag(help: "The same as --convolution direct.") var exact = false

  func validate() throws {
    try validateThreads(threads)
    guard !exact || convolution != .blas else {
      throw ValidationError("--exact and --convolution blas exclude each other")
    }
  }

  var method: ConvolutionMethod { exact ? .direct : convolution }
}

extension ConvolutionMethod: ExpressibleByArgument {}

func validateThreads(_ threads: Int?) throws {
  guard threads.map({ (1...1024).contains($0) }) ?? true else {
    throw ValidationError("--threads is \(threads!), expected 1 to 1024")
  }
}
