import ArgumentParser
import Verification

struct Compare: LimitedCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compares what two graphs detect on images.",
    discussion: """
      EXAMPLES

        verify-patch original.onnx patched.onnx photo.jpg
        verify-patch original.onnx patched.onnx scenes/*.jpg --junit results.xml
      """)

  @Argument(help: "The model as it was exported.") var original: String
  @Argument(help: "The model as it was patched.") var patched: String
  @Argument(
    help: "JPEG or PNG images, or .npy tensors (NCHW float32) that are fed as they are.")
  var images: [String]

  @OptionGroup var detection: DetectionArguments
  @OptionGroup var preparation: ImageArguments
  @OptionGroup var sides: SideArguments
  @OptionGroup var tolerances: ToleranceArguments
  @OptionGroup var precision: PrecisionArguments

  @OptionGroup var madeUp: StressArguments
  @Flag(name: .customLong("no-sharing"), help: "Run the two graphs apart.")
  var noSharing = false
  @OptionGroup var computing: ComputeArguments
  @OptionGroup var report: ReportArguments
  @OptionGroup var limits: LimitArguments

  func validate() throws {
    guard !images.isEmpty else { throw ValidationError("no image is given") }
  }

  func run() throws {
    var options = ComparisonOptions()
    detection.apply(to: &options)
    tolerances.apply(to: &options)
    options.preprocessing = preparation.preprocessing
    options.inputSize = preparation.size
    sides.apply(to: &options)
    madeUp.apply(to: &options)
    options.sharesNodes = !noSharing
    options.comparesInFloat64 = precision.precision == .float64
    options.simulation = precision.simulation
    options.threads = computing.threads
    options.convolution = computing.method
    options.hashesModels = report.json != nil

    let comparison: Comparison
    do {
      comparison = try Comparison(
        original: original, patched: patched, images: images, options: options)
    } catch {
      throw ValidationError(error.description)
    }
    try withExtendedLifetime(comparison) { try report.publish($0.report) }
  }
}
