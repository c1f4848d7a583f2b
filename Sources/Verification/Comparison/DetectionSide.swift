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
  var candidates:
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
    isPlugin = ending.givesOutCandidates
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
    guard let tail = ending.suppression else { return }
    suppressed = Suppressed(plugin: tail.plugin) { (tolerance) throws(DetectionError) in
      try tail.givenDetections(in: tensors, image: image, cells: cells, tolerance: tolerance)
    }
  }
}

extension Pair<DetectionSide> {
  /// One image of two graphs' runs.
  ///
  /// Rows that a graph keeps are known again among the other graph's cells, or rows.
  init(
    _ endings: Pair<Ending>, _ geometries: Pair<DecodeGeometry>, _ results: Pair<[String: Tensor]>,
    image: Int
  ) throws(DetectionError) {
    if endings.original.givesOut(the: results, as: endings.patched) {
      func read(_ tensors: [String: Tensor]) throws(DetectionError) -> DetectionSide {
        try DetectionSide(
          endings.original, tensors, image: image, geometry: geometries.original)
      }
      self.init(original: try read(results.original), patched: try read(results.patched))
      return
    }
    let kept = try endings.with(results).map { (side) throws(DetectionError) in
      let (ending, tensors) = side
      return try ending.kept.map { (kept) throws(DetectionError) in
        let rows = try kept.rows(in: tensors, image: image)
        let capacity = kept.image == nil ? kept.capacity(in: tensors) : nil
        return DetectionSide.Kept(
          form: ending.form, rows: rows, suppression: kept.suppression,
          rowLimit: rows.count == capacity ? rows.map(\.score).min() : nil)
      }
    }
    func read(
      _ ending: Ending, _ geometry: DecodeGeometry, _ tensors: [String: Tensor]
    ) throws(DetectionError) -> DetectionSide {
      try DetectionSide(ending, tensors, image: image, geometry: geometry)
    }
    switch (kept.original, kept.patched) {
    case (nil, nil):
      self.init(
        original: try read(endings.original, geometries.original, results.original),
        patched: try read(endings.patched, geometries.patched, results.patched))
    case (let original?, let patched?):
      // Rows that one side's NMS has left are a part of the other's.
      if original.suppression != nil, patched.suppression == nil {
        let reference = Cells(rows: patched.rows)
        self.init(
          original: DetectionSide(original: original, knownIn: reference),
          patched: DetectionSide(rows: patched, reference: reference).suppressed(as: original))
        return
      }
      let reference = Cells(rows: original.rows)
      let rows = DetectionSide(rows: original, reference: reference)
      self.init(
        original: original.suppression == nil ? rows.suppressed(as: patched) : rows,
        patched: DetectionSide(original: patched, knownIn: reference))
    case (nil, let patched?):
      let original = try read(endings.original, geometries.original, results.original)
      self.init(
        original: original.suppressed(as: patched),
        patched: DetectionSide(original: patched, knownIn: original.cells))
    case (let original?, nil):
      let patched = try read(endings.patched, geometries.patched, results.patched)
      self.init(
        original: DetectionSide(original: original, knownIn: patched.cells),
        patched: patched.suppressed(as: original))
    }
  }
}

extension Ending {
  /// Whether another graph gives out its cells under the same names, in the same format and unit, and
  /// gave the same numbers but for rounding: then the cells stand in one order in both, whatever was
  /// found of each.
  fileprivate func givesOut(the results: Pair<[String: Tensor]>, as other: Ending) -> Bool {
    let rounding = 1e-4
    guard form == other.form, let table, let others = other.table, table.names == others.names,
      table.boxes == others.boxes, table.scores == others.scores, table.kind == others.kind,
      table.coding == others.coding, table.isYFirst == others.isYFirst, table.unit == others.unit,
      table.activation == others.activation, table.anchors == nil, suppression == nil,
      other.suppression == nil, yoloLayer == nil, classCount == other.classCount
    else { return false }
    return table.names.allSatisfy { name in
      guard let original = results.original[name], let patched = results.patched[name],
        original.shape == patched.shape, original.elementType == patched.elementType
      else { return false }
      return TensorComparison(
        original: original, patched: patched, tolerance: rounding, sharesNonFinite: true
      ).agrees
    }
  }
}

extension DetectionSide {
  /// The rows that a graph keeps of its cells.
  struct Kept: Sendable {
    let form: Form
    let rows: [Candidate]
    let suppression: KeptRowsSuppression?

    /// The score of the last row, where there is no room for more.
    let rowLimit: Float?

    /// What its NMS drops rows by.
    var ownRule: CandidateRule? {
      suppression.map {
        CandidateRule(
          threshold: $0.plugin.scoreThreshold, measure: .product, admitsThreshold: false)
      }
    }
  }

  /// Kept rows whose cells are not known, as cells of their own.
  fileprivate init(rows kept: Kept, reference: Cells) {
    self.init(
      form: kept.form, isPlugin: false, cells: reference,
      candidates: { (rule, _) throws(DetectionError) in
        CandidateSet(
          candidates: reference.candidates(rule).candidates, cells: reference,
          rowLimit: kept.rowLimit)
      })
    ownRule = kept.ownRule
  }

  /// Kept rows that are looked up among another side's cells.
  fileprivate init(original kept: Kept, knownIn reference: Cells) {
    let unknown = Cells(
      known: [], layout: reference.layout, classCount: reference.classCount,
      scoring: reference.scoring)
    self.init(
      form: kept.form, isPlugin: false, cells: unknown,
      candidates: { (rule, tolerance) throws(DetectionError) in
        CandidateSet(
          candidates: reference.recognised(
            kept.rows, lowest: rule.threshold, allClasses: kept.suppression != nil,
            tolerance: tolerance
          ).sorted { $0.classIndex < $1.classIndex }, cells: unknown, rowLimit: kept.rowLimit)
      })
    ownRule = kept.ownRule
  }

  /// With those of its candidates that the other side's NMS leaves.
  fileprivate func suppressed(as kept: Kept) -> DetectionSide {
    guard let suppression = kept.suppression, self.suppressed == nil else { return self }
    let chosen = suppression.takesBestClassOnly ? cells.best() : cells
    var side = self
    side.candidates = { (rule, _) throws(DetectionError) in
      CandidateSet(
        candidates: chosen.rows(suppression.plugin).filter { !rule.rejects($0.score) }
          .sorted { $0.classIndex < $1.classIndex }, cells: chosen)
    }
    return side
  }
}

extension DetectionSide {
  /// The threshold on objectness that the plugin has.
  var pluginThreshold: Float? { isPlugin ? ownRule?.threshold : nil }
}
