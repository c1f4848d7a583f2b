import Detection
import Tensors

/// Judges what one side says of a recorded image.
struct GoldenJudge {
  static let names = Pair(original: "the record", patched: "the graph")

  let golden: Golden
  let image: RecordedImage
  /// With the record's own thresholds.
  let options: ComparisonOptions

  /// - Returns: what was judged; `nil` where the cells cannot be compared.
  @discardableResult
  func judge(
    _ side: DetectionSide, tolerance: DetectionTolerance, _ report: inout ImageReport,
    _ judgement: inout Judgement
  ) throws(Refusal) -> DetectionEvidence? {
    let recorded = golden.side(of: image)
    let found: DetectionEvidence?
    do {
      found = try DetectionJudge(
        sides: Pair(original: recorded, patched: side), options: options, tolerance: tolerance,
        labels: golden.labels
      ).judge(in: image.frame, &report, &judgement)
    } catch {
      throw Refusal("\(image.name): \(error)")
    }
    // Rows of a plugin do not tell the cells.
    if report.cells?.compared == 0 { report.cells = nil }
    guard report.cells != nil else { return found }
    let statistics = image.statistics.compare(
      with: side.cells.statistics, tolerance: tolerance)
    report.cells?.statistics = StatisticsReport(statistics)
    judgement.add(statistics, cellCount: image.layout.cellCount, tolerance: tolerance)
    if side.cells.digest == image.cellDigest {
      judgement.note("every bit of all \(image.layout.cellCount) cells is as recorded")
    }
    return found
  }

  /// The record's tolerance, or float32's where the side computes in another type than the model
  /// recorded.
  func tolerance(of precision: ElementType) -> DetectionTolerance {
    let derived =
      precision == golden.model.precision
      ? image.tolerance
      : Rounding(sharesNetwork: false).tolerance(
        of: golden.geometry(of: image), input: Shape(image.input.shape))
    return derived.overridden(by: options)
  }
}

extension Golden {
  /// `options` with the record's own thresholds.
  func options(_ options: ComparisonOptions) -> ComparisonOptions {
    var options = options
    options.confidence = thresholds.confidence
    options.iou = thresholds.iou
    options.maximumDetections = thresholds.maximumDetections
    options.preprocessing = preprocessing.preprocessing
    return options
  }
}

extension RecordedImage {
  /// How reports call it.
  var name: String { batchIndex.map { "\(path)[\($0)]" } ?? path }

  var frame: ImageFrame {
    ImageFrame(
      placement: input.placement, networkHeight: input.shape[2], networkWidth: input.shape[3])
  }
}
