/// What comparing every cell of two graphs on one image found.
public struct CellComparison: Sendable, Equatable {
  /// Cells compared: all of them.
  public var compared = 0
  /// Cells with a coordinate or score further apart than the tolerance, or not finite.
  public var different = 0
  /// Cells with a NaN or an infinity on either side; these are different too.
  public var nonFinite = 0
  /// Cells whose best class is another, where only the best is known.
  public var classMismatches = 0
  /// The largest distance of two coordinates, in pixels of the network's input, and of two scores;
  /// cells that are not finite left out.
  public var maxBoxErrorPx: Float = 0
  public var maxScoreError: Float = 0
  /// The cell that is furthest apart, measured in tolerances; a cell that is not finite first.
  /// `nil` when no cell is apart at all.
  public var worst: Cell?
  /// The class furthest apart in the worst cell; `nil` when its box or objectness is.
  public var worstClass: Int?
  /// The numbers of the different cells, in order.
  package var differentCells: [Int] = []

  public init() {}

  /// Whether cells were compared and none is different.
  public var agrees: Bool { compared > 0 && different == 0 }
}
