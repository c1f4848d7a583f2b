import BoxMath
import Glibc

extension HeadValues {
  /// The logits that known cells were decoded from; those of other cells, and of classes that are not
  /// known, are so low that they stand for nothing.
  ///
  /// - Parameter geometry: how the cells were decoded.
  /// - Returns: `nil` where the decode or the objectness is not known.
  package init?(knownFrom cells: Cells, _ geometry: DecodeGeometry) {
    guard cells.scoring == .objectnessAndClasses, let scales = geometry.scales,
      geometry.layout == cells.layout
    else { return nil }
    layout = cells.layout
    classCount = cells.classCount
    let channels = 5 + cells.classCount
    self.scales = zip(cells.layout.scales, scales).enumerated().map { index, scale in
      let (grid, decode) = scale
      var logits = [Float](repeating: Self.lowest, count: grid.cellCount * channels)
      for number in grid.firstCell..<grid.firstCell + grid.cellCount where cells.knows(number) {
        let cell = cells.layout[number]
        let known = cells.known(number)
        let values =
          Self.boxLogits(known.boxInNetworkPixels, of: cell, decode)
          + [known.objectness.map { Self.logit(Double($0)) } ?? Self.lowest]
          + known.classScores.map { Self.logit(Double($0)) }
        let place = cell.row * grid.columns + cell.column
        for (channel, value) in values.enumerated() {
          logits[(cell.anchor * channels + channel) * grid.cellsPerAnchor + place] = value
        }
      }
      return Scale(grid: grid, channels: channels, logits: logits)
    }
  }

  private static let lowest: Float = -40

  /// Of x, y, width and height.
  private static func boxLogits(_ box: Box, of cell: Cell, _ decode: DecodeGeometry.Scale)
    -> [Float]
  {
    let anchor = decode.anchors[cell.anchor]
    func center(_ a: Float, _ b: Float, _ stride: Double, _ place: Int) -> Float {
      logit(((Double(a) + Double(b)) / 2 / stride - Double(place) + 0.5) / 2)
    }
    func side(_ a: Float, _ b: Float, _ anchor: Float) -> Float {
      logit((max(Double(b) - Double(a), 0) / Double(anchor)).squareRoot() / 2)
    }
    return [
      center(box.x1, box.x2, decode.strideX, cell.column),
      center(box.y1, box.y2, decode.strideY, cell.row),
      side(box.x1, box.x2, anchor.width), side(box.y1, box.y2, anchor.height),
    ]
  }

  private static func logit(_ probability: Double) -> Float {
    guard probability > 0 else { return lowest }
    return min(max(Float(log(probability / max(1 - probability, 1e-17))), lowest), -lowest)
  }
}
