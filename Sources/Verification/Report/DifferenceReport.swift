import Detection

/// Cells, or candidates, that differ in the same way.
public struct DifferenceReport: Sendable, Codable, Equatable {
  public var count: Int
  public var places: [Place]
  /// What differs: x, y, width, height, objectness, classes; of candidates score and class, too.
  public var parts: [String]
  /// The classes that differ, where not all do.
  public var classes: [Int]?
  /// What the original's numbers are multiplied by, where one number does for all.
  public var ratio: Figure?
  /// What is added to them, likewise.
  public var offsetPx: Figure?
  public var text: String

  /// An anchor of a scale.
  public struct Place: Sendable, Codable, Equatable {
    public var scale: Int
    public var anchor: Int
  }
}

extension DifferenceReport {
  init(_ group: DifferenceGroup, text: String) {
    count = group.cellCount
    places = group.places.map { Place(scale: $0.scale, anchor: $0.anchor) }
    parts = group.parts.map(\.rawValue)
    classes = group.classes.isEmpty ? nil : group.classes
    ratio = group.ratio.map { Figure($0) }
    offsetPx = group.offsetPx.map { Figure($0) }
    self.text = text
  }
}

extension DifferenceReport {
  /// How cells differ, or candidates where the cells do not.
  ///
  /// - Parameter scales: the original's strides and anchors.
  static func groups(
    _ evidence: DetectionEvidence, cellsDiffer: Bool, scales: [DecodeGeometry.Scale]?
  ) -> [DifferenceReport] {
    let (cells, tolerance) = (evidence.cells, evidence.tolerance)
    let layout = cells.original.layout
    let groups =
      cellsDiffer
      ? DifferenceGroup.groups(
        original: cells.original, patched: cells.patched, tolerance: tolerance)
      : DifferenceGroup.groups(
        original: evidence.candidates.original, patched: evidence.candidates.patched,
        layout: layout, classCount: cells.original.classCount, tolerance: tolerance)
    return groups.map { DifferenceReport($0, text: $0.text(scales, layout: layout)) }
  }
}

extension [DifferenceReport] {
  /// Groups printed at most.
  private static let lineLimit = 6

  var lines: [String] {
    guard count != 1 else { return ["differences all \(self[0].count) are in \(self[0].text)"] }
    let told = prefix(Self.lineLimit).enumerated().map { place, group in
      (place == 0 ? "differences " : "            ") + "\(group.count) in \(group.text)"
    }
    let rest = count - Self.lineLimit
    return told + (rest > 0 ? ["            and \(rest) groups more"] : [])
  }
}
