import BoxMath

/// What two sides gave on one input, as far as a diagnosis looks at it.
package struct DiagnosisEvidence: Sendable {
  /// What the input is called in the report.
  package var title = ""
  /// What the reference is called there.
  package var referenceName = "the original"
  /// What the reference decodes, and how.
  package var heads: HeadValues
  package var geometry: DecodeGeometry
  /// Which cells the reference makes rows.
  package var selection: DecodeRecipe.Selection
  /// The reference's own cells, to see that its recipe is understood; not needed for a plugin.
  package var referenceCells: Cells?
  /// The other side's cells, where they are known, and its rows in any order.
  package var cells: Cells?
  package var rows: [Candidate]?
  /// Whether the other side's rows name a class only where one is above 0, as the plugin does.
  package var rowsFollowPlugin = true
  package var tolerance: DetectionTolerance
  /// How far logits may be apart from rounding alone, times their magnitude above 1.
  package var noise: Double
  package var facts = DiagnosisFacts()
  /// Whether NaN and infinity on either side tell nothing, as made-up maps hold them.
  package var skipsNonFinite = false
  /// The head maps that the reference's network would give after a change.
  package var changed: @Sendable (NetworkChange) -> HeadValues? = { _ in nil }

  package init(
    heads: HeadValues, geometry: DecodeGeometry, selection: DecodeRecipe.Selection,
    tolerance: DetectionTolerance, noise: Double
  ) {
    self.heads = heads
    self.geometry = geometry
    self.selection = selection
    self.tolerance = tolerance
    self.noise = noise
  }
}

/// What is known of the other side without looking at numbers.
package struct DiagnosisFacts: Sendable {
  /// For each place in the order in which the maps are decoded, the scale whose map stands there.
  package var mapOrder: [Int]?
  package var otherClassCount: Int?
  /// Whether everything up to the head maps is proven to be the same.
  package var sharesNetwork = false
  /// The changes to the network that come into question; all when it is not known.
  package var changes: [NetworkChange]?
  /// The 16-bit types that the other side's network may be computed in, or have its weights in; both
  /// when it is not known.
  package var narrowTypes: [NarrowType]?
  /// The threshold on objectness that the other side is configured with.
  package var threshold: Float?
  /// What is wrong with the count of the other side's rows, where they cannot be what it wrote.
  package var impossibleRows: String?

  package init() {}
}

extension Ending {
  /// What the graph's structure tells a diagnosis.
  package var diagnosisFacts: DiagnosisFacts {
    var facts = DiagnosisFacts()
    facts.otherClassCount = classCount
    facts.threshold = ownRule?.measure == .objectness ? ownRule?.threshold : nil
    if let yoloLayer {
      let places = yoloLayer.maps.finestFirstOrder
      facts.mapOrder = places.indices.map { place in places.firstIndex(of: place)! }
    }
    return facts
  }
}
