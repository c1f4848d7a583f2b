import ArgumentParser
import Verification

/// What counts as a detection.
struct DetectionArguments: ParsableArguments {
  @Option(help: "The score a detection must exceed.") var confidence = ComparisonOptions()
    .confidence
  @Option(
    help: """
      The overlap above which a box is suppressed by a better one of its class; an NMS plugin's own \
      counts in its place.
      """)
  var iou = ComparisonOptions().iou
  @Option(help: "Detections that are kept at most.")
  var maxDetections = ComparisonOptions().maximumDetections

  func validate() throws {
    for (name, value) in [("confidence", confidence), ("iou", iou)] where !(0...1 ~= value) {
      throw ValidationError("--\(name) is \(value), expected a number from 0 to 1")
    }
    guard maxDetections >= 1 else {
      throw ValidationError("--max-detections is \(maxDetections), expected at least 1")
    }
  }

  func apply(to options: inout ComparisonOptions) {
    options.confidence = confidence
    options.iou = iou
    options.maximumDetections = maxDetections
  }
}

/// Errors of detections that are allowed instead of the derived ones.
struct BoxToleranceArguments: ParsableArguments {
  @Option(help: "Allowed error of a box in pixels of the network's input.") var toleranceBox: Float?
  @Option(help: "Allowed error of a score.") var toleranceScore: Float?

  func validate() throws {
    try validateTolerance("box", toleranceBox)
    try validateTolerance("score", toleranceScore)
  }

  func apply(to options: inout ComparisonOptions) {
    options.boxTolerance = toleranceBox
    options.scoreTolerance = toleranceScore
  }
}

/// Errors that are allowed instead of the derived ones.
struct ToleranceArguments: ParsableArguments {
  @OptionGroup var boxes: BoxToleranceArguments
  @Option(help: "Allowed error of a tensor's element, relative above 1.") var toleranceTensor:
    Float?

  func validate() throws { try validateTolerance("tensor", toleranceTensor) }

  func apply(to options: inout ComparisonOptions) {
    boxes.apply(to: &options)
    options.tensorTolerance = toleranceTensor
  }
}

private func validateTolerance(_ name: String, _ value: Float?) throws {
  if let value, !(value >= 0 && value.isFinite) {
    throw ValidationError("--tolerance-\(name) is \(value), expected a number from 0")
  }
}
