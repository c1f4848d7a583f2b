import BoxMath

/// How a graph's cells become boxes, and in which rows of its output they stand.
package struct DecodeGeometry: Sendable, Equatable {
  /// What turns one head map into boxes.
  package struct Scale: Sendable, Equatable {
    /// Pixels of the network's input per cell.
    package let strideX: Double
    package let strideY: Double
    package let anchors: [AnchorSize]

    package init(strideX: Double, strideY: Double, anchors: [AnchorSize]) {
      self.strideX = strideX
      self.strideY = strideY
      self.anchors = anchors
    }
  }

  package let layout: CellLayout
  /// For each cell, its row in a decoded output; `nil` when rows stand in the order of the cells.
  package let rowOfCell: [Int]?
  /// Strides and anchors, finest scale first; `nil` when the graph does not tell.
  package let scales: [Scale]?
  /// Why something could not be recovered.
  package let notes: [String]

  package init(
    layout: CellLayout, rowOfCell: [Int]? = nil, scales: [Scale]? = nil, notes: [String] = []
  ) {
    self.layout = layout
    self.rowOfCell = rowOfCell
    self.scales = scales
    self.notes = notes
  }

  /// Of rows of which nothing is known.
  package static let unknown = DecodeGeometry(layout: CellLayout(rows: 1))

  /// The decoder of each scale's head map.
  var decoders: [HeadDecoder<Float>]? {
    scales.map { scales in
      zip(layout.scales, scales).map { grid, scale in
        HeadDecoder(
          columns: grid.columns, rows: grid.rows,
          networkWidth: scale.strideX * Double(grid.columns),
          networkHeight: scale.strideY * Double(grid.rows), anchors: scale.anchors)
      }
    }
  }
}
