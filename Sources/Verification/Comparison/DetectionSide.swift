import Detection
import Tensors

/// What one side of a comparison tells of one image: a graph that was run, or what stands for one.
struct DetectionSide: Sendable {
  let form: Form
  /// What its candidates were chosen by before they came here: a plugin's threshold.
  var ownRule: CandidateRule?
  /// Whether its candidates are rows of a plugin.
  let isPlugin: Bool
  let cells: Cells
  /// Its candidates by a rule, those of a plugin known again within a tolerance.
  let candidates:
    @Sendable (CandidateRule, DetectionTolerance) throws(DetectionError) -> CandidateSet
  /// The NMS plugin it ends in.
  var suppressed: Suppressed?
  /// The cells that detections are chosen among, where these are others than are compared.
  var known: Cells?

  var knownCells: Cells { known ?? cells }

  /// An NMS plugin with what is given out for it.
  struct Suppressed: Sendable {
    let plugin: NMSPlugin
    /// Its rows, known again among those it makes of the cells within a tolerance.
    let given:
      @Sendable (DetectionTolerance) throws(DetectionError) -> NMSPluginTail.GivenDetections
  }

  /// What a diagnosis starts from, where the side can be the reference.
  var reference: Reference?
  /// What is known of its decode without looking at numbers.
  var facts = DiagnosisFacts()

  /// The decode of a side.
  struct Reference: Sendable {
    /// The head maps that are decoded.
    var heads: @Sendable () -> HeadValues?
    let geometry: DecodeGeometry
    /// The head maps that the network would give after a change; `nil` where that cannot be had.
    var changed: @Sendable (NetworkChange) -> HeadValues? = { _ in nil }
  }
}

extension DetectionSide {
  /// One image of a graph's run.
  ///
  /// - Parameters:
  ///   - tensors: what the run gave for the ending's observed tensors, and for its reference heads
  ///     where these are taken from the run.
  ///   - image: the image's place in the batch.
  init(
    _ ending: Ending, _ tensors: [String: Tensor], image: Int, geometry: DecodeGeometry
  ) throws(DetectionError) {
    let cells = try ending.cells(in: tensors, image: image, geometry: geometry)
    form = ending.form
    ownRule = ending.ownRule
    isPlugin = ending.form == .yoloLayerPlugin
    self.cells = cells
    facts = ending.diagnosisFacts
    if let heads = ending.referenceHeads {
      reference = Reference(
        heads: {
          try? HeadValues(heads, classCount: cells.classCount, in: tensors, image: image)
        }, geometry: geometry)
    }
    candidates = { (rule, tolerance) throws(DetectionError) in
      try ending.candidates(
        in: tensors, image: image, cells: cells, rule: rule, tolerance: tolerance)
    }
    guard case .suppressed(let tail) = ending.tail else { return }
    suppressed = Suppressed(plugin: tail.plugin) { (tolerance) throws(DetectionError) in
      try tail.givenDetections(in: tensors, image: image, cells: cells, tolerance: tolerance)
    }
  }
}

extension Pair<DetectionSide> {
  /// One image of two graphs' runs.
  init(
    _ endings: Pair<Ending>, _ geometries: Pair<DecodeGeometry>, _ results: Pair<[String: Tensor]>,
    image: Int
  ) throws(DetectionError) {
    self = try endings.with(geometries).with(results).map { (side) throws(DetectionError) in
      let ((ending, geometry), tensors) = side
      return try DetectionSide(ending, tensors, image: image, geometry: geometry)
    }
  }
}

extension DetectionSide {
  /// The threshold on objectness that the plugin has.
  var pluginThreshold: Float? { isPlugin ? ownRule?.threshold : nil }
}
