import Detection

/// Means and extremes over all cells of the heads.
public struct StatisticsReport: Sendable, Codable, Equatable {
  public var compared: Int
  public var different: Int
  /// The one furthest apart, measured in tolerances; absent when none is apart at all.
  public var worst: Statistic?

  /// A number of one anchor's cells, of one class in a scale's cells, or of one class in one
  /// anchor's.
  public struct Statistic: Sendable, Codable, Equatable {
    public var scale: Int
    public var anchor: Int?
    public var `class`: Int?
    public var statistic: String
    public var original: Figure
    public var patched: Figure
  }
}

extension StatisticsReport {
  init(_ comparison: StatisticsComparison) {
    compared = comparison.compared
    different = comparison.different
    worst = comparison.worst.map {
      Statistic(
        scale: $0.scale, anchor: $0.anchor, class: $0.classIndex, statistic: $0.name,
        original: Figure($0.original), patched: Figure($0.patched))
    }
  }
}

extension StatisticsComparison.Statistic: CustomStringConvertible {
  package var description: String {
    let anchor = anchor.map { ", anchor \($0)" } ?? ""
    return "scale \(scale)" + anchor + (classIndex.map { ", class \($0)" } ?? "")
  }
}
