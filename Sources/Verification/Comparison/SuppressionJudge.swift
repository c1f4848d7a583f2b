import BoxMath
import Detection
import Tensors

/// Brings two sides to detections where at least one ends in an NMS plugin: the other goes through
/// the same suppression.
struct SuppressionJudge {
  private let sides: Pair<DetectionSide>
  private let rule: DetectionRule
  private let tolerance: DetectionTolerance
  private let labels: ClassNames?
  /// Whether detections that are lost to a limit count: of pictures that hold more than any image, they
  /// do not.
  private let judgesLimits: Bool
  /// The plugin both sides go through: the patched graph's, where it has one.
  private let plugin: NMSPlugin

  /// - Parameter rule: what is asked for.
  /// - Returns: `nil` when neither side ends in an NMS plugin.
  init?(
    _ sides: Pair<DetectionSide>, _ rule: DetectionRule, _ tolerance: DetectionTolerance,
    _ labels: ClassNames?, judgesLimits: Bool = true
  ) {
    guard let plugin = (sides.patched.suppressed ?? sides.original.suppressed)?.plugin else {
      return nil
    }
    self.sides = sides
    self.rule = rule
    self.tolerance = tolerance
    self.labels = labels
    self.judgesLimits = judgesLimits
    self.plugin = plugin
  }

  private var suppression: PluginSuppression { plugin.suppression }

  /// - Parameter ultralytics: what each side detects without the plugin.
  /// - Returns: what each side detects above the confidence, and how many detections the plugin
  ///   chooses otherwise than Ultralytics' post-processing.
  func judge(
    ultralytics: Pair<[DetectedObject]>, _ judgement: inout Judgement
  ) throws(DetectionError) -> (objects: Pair<[DetectedObject]>, specified: Int) {
    judgeAttributes(&judgement)
    var differences: [(name: String, text: String, areOnlyBest: Bool)] = []
    let objects = try sides.with(judgement.names).map { (side) throws(DetectionError) in
      let (side, name) = side
      guard let suppressed = side.suppressed else {
        return asked(side.knownCells.detections(suppression))
      }
      let given = try suppressed.given(tolerance)
      differences += given.differences.map { (name, $0, given.areOnlyBest) }
      return asked(
        suppressed.plugin == plugin ? given.detections : side.knownCells.detections(suppression))
    }
    for (name, difference, areOnlyBest) in differences {
      judgement.differ(
        "\(name): \(difference)", in: .detections, cause: areOnlyBest ? "max-output-boxes" : nil)
    }
    judgeLimits(&judgement)
    return (objects, specified(ultralytics, objects, &judgement))
  }

  /// Those of a plugin's detections that are asked for.
  private func asked(_ objects: [DetectedObject]) -> [DetectedObject] {
    Array(
      objects.filter { $0.score > rule.confidence }.prefix(rule.suppression.maximumCount))
  }

  // MARK: Attributes

  private func judgeAttributes(_ judgement: inout Judgement) {
    if suppression.suppression.iouThreshold != rule.suppression.iouThreshold {
      judgement.note(
        "the plugin suppresses boxes from an IoU of \(suppression.suppression.iouThreshold), which "
          + "counts for both sides; \(rule.suppression.iouThreshold) is asked for")
    }
    if let original = sides.original.suppressed, let patched = sides.patched.suppressed {
      compare(original.plugin.suppression, patched.plugin.suppression, &judgement)
    } else {
      judgeBackground(&judgement)
    }
    for (name, side) in judgement.names.with(sides).both {
      guard let own = side.suppressed?.plugin.suppression, own.clipsBoxes,
        side.cells.areBoxesInPixels
      else { continue }
      judgement.differ(
        "\(name)'s plugin cuts boxes off at 0 and 1 (clipBoxes), but they are in pixels",
        in: .detections, cause: "box-unit")
    }
  }

  /// What two plugins choose by has to be the same; limits show in what is given out.
  private func compare(
    _ original: PluginSuppression, _ patched: PluginSuppression, _ judgement: inout Judgement
  ) {
    let (a, b) = (original.suppression, patched.suppression)
    let areExchanged =
      a.iouThreshold == patched.scoreThreshold && b.iouThreshold == original.scoreThreshold
    let decisive: [(String, String, String, String)] = [
      (
        "IoU threshold", "\(a.iouThreshold)", "\(b.iouThreshold)",
        areExchanged ? "thresholds-exchanged" : "threshold-value"
      ),
      (
        "background class", "\(original.backgroundClass)", "\(patched.backgroundClass)",
        "background-class"
      ),
      (
        "suppression across classes", "\(a.isClassAgnostic)", "\(b.isClassAgnostic)",
        "class-agnostic"
      ),
    ]
    for (what, original, patched, cause) in decisive where original != patched {
      judgement.differ(
        "the plugins' \(what) differs: \(original) in \(judgement.names.original), \(patched) in "
          + "\(judgement.names.patched)", in: .detections, cause: cause)
    }
    let others: [(String, String, String)] = [
      ("score threshold", "\(original.scoreThreshold)", "\(patched.scoreThreshold)"),
      ("number of rows", "\(a.maximumCount)", "\(b.maximumCount)"),
      ("measure of overlap", "\(a.overlap)", "\(b.overlap)"),
    ]
    for (what, original, patched) in others where original != patched {
      judgement.note(
        "the plugins' \(what) differs: \(original) in \(judgement.names.original), \(patched) in "
          + "\(judgement.names.patched)")
    }
  }

  /// A class that only the plugin drops.
  private func judgeBackground(_ judgement: inout Judgement) {
    let background = suppression.backgroundClass
    guard (0..<sides.original.cells.classCount).contains(background) else { return }
    let label = labels?[background]
    let found =
      "the plugin never gives out class \(background)" + (label.map { " ('\(shown: $0)')" } ?? "")
      + ", its background"
    if label?.lowercased().contains("background") == true {
      judgement.note(found)
    } else {
      judgement.differ(found, in: .detections, cause: "background-class")
    }
  }

  // MARK: Limits and definitions

  /// What a plugin would give out of the boxes above the confidence, had it no limits, and if it
  /// suppressed within each class.
  private func judgeLimits(_ judgement: inout Judgement) {
    let others = Pair(original: sides.patched, patched: sides.original)
    for (name, (side, other)) in judgement.names.with(sides.with(others)).both {
      guard let plugin = side.suppressed?.plugin else { continue }
      let unlimited = plugin.suppression.withoutLimits(rule.confidence)
      // What the other graph's own limits drop as well is no difference.
      let kept = (other.suppressed?.plugin.suppression).map {
        Set(asked(other.knownCells.detections($0)).map(Choice.init))
      }
      func lost(_ wide: PluginSuppression, _ narrow: PluginSuppression) -> Int {
        let lost = choices(wide, side).subtracting(choices(narrow, side))
        return kept.map(lost.intersection)?.count ?? lost.count
      }
      let toLimits = judgesLimits ? lost(unlimited, plugin.suppression) : 0
      if toLimits > 0 {
        judgement.differ(
          "\(toLimits) detections above the confidence \(rule.confidence) are lost to the limits of "
            + "\(name)'s plugin (\(plugin.limits))", in: .detections, cause: "max-output-boxes")
      }
      guard unlimited.suppression.isClassAgnostic, other.suppressed == nil else { continue }
      var ofEachClass = unlimited
      ofEachClass.suppression.isClassAgnostic = false
      let toOthers = lost(ofEachClass, unlimited)
      let text = "\(name)'s plugin lets boxes of one class suppress those of another"
      if toOthers > 0 {
        judgement.differ(
          "\(text): \(toOthers) detections are lost to that", in: .detections,
          cause: "class-agnostic")
      } else {
        judgement.note("\(text); here that loses none")
      }
    }
  }

  /// What a suppression leaves of a side's cells, of what is asked for.
  private func choices(_ suppression: PluginSuppression, _ side: DetectionSide) -> Set<Choice> {
    Set(asked(side.knownCells.detections(suppression)).map(Choice.init))
  }

  /// How many detections of the side without a plugin are chosen otherwise without it.
  private func specified(
    _ ultralytics: Pair<[DetectedObject]>, _ objects: Pair<[DetectedObject]>,
    _ judgement: inout Judgement
  ) -> Int {
    var count = 0
    for (side, (own, through)) in sides.with(ultralytics.with(objects)).both
    where side.suppressed == nil {
      count += Set(own.map(Choice.init)).symmetricDifference(through.map(Choice.init)).count
    }
    if count > 0 {
      judgement.note(
        "\(count) detections differ as the plugin's suppression (every class of a box by itself, "
          + "IoU \(suppression.suppression.iouThreshold)) and Ultralytics' (the best class, IoU "
          + "\(rule.suppression.iouThreshold)) do by definition")
    }
    return count
  }
}

/// What a detection is of.
private struct Choice: Hashable {
  let cell: Cell?
  let classIndex: Int

  init(_ object: DetectedObject) {
    cell = object.cell
    classIndex = object.classIndex
  }
}

extension PluginSuppression {
  /// The same for scores above `confidence` only, however many there are.
  fileprivate func withoutLimits(_ confidence: Float) -> PluginSuppression {
    var unlimited = self
    // As many as Ultralytics looks at (max_nms); of more, suppression would take forever.
    unlimited.suppression.candidateLimit = 30_000
    unlimited.suppression.candidateLimitPerClass = .max
    unlimited.suppression.maximumCount = .max
    if confidence >= scoreThreshold {
      unlimited.scoreThreshold = confidence
      unlimited.admitsThreshold = false
    }
    return unlimited
  }
}

extension NMSPlugin {
  /// Its limits, by the attributes that set them.
  fileprivate var limits: String {
    switch self {
    case .batched(let parameters):
      "topK \(parameters.candidateLimitPerClass), keepTopK \(parameters.maximumCount)"
    case .efficient(let parameters):
      "max_output_boxes \(parameters.maximumCount), the best "
        + "\(EfficientNMSParameters.candidateLimit) scores"
    }
  }
}
