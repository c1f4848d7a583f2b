import Tensors

/// A tensor that holds the channels (x, y, width, height, objectness, classes) of every anchor at
/// every place of one scale.
package struct HeadMap: Sendable, Equatable {
  /// The order of the axes, with a anchors and c channels each.
  package enum Axes: Sendable {
    /// `[N, a*c, H, W]`
    case merged
    /// `[N, a, c, H, W]`
    case channelsFirst
    /// `[N, a, H, W, c]`
    case channelsLast
  }

  package let name: String
  package let axes: Axes
  package let anchors: Int
  /// Channels of each anchor.
  package let channels: Int
  package let rows: Int
  package let columns: Int

  /// - Returns: `nil` when the shape is not that of a map with these axes and anchors.
  package init?(name: String, shape: Shape, axes: Axes, anchors: Int) {
    let dimensions: (channels: Int, rows: Int, columns: Int)
    switch axes {
    case .merged:
      guard shape.rank == 4, anchors > 0, shape[1] % anchors == 0 else { return nil }
      dimensions = (shape[1] / anchors, shape[2], shape[3])
    case .channelsFirst:
      guard shape.rank == 5, shape[1] == anchors else { return nil }
      dimensions = (shape[2], shape[3], shape[4])
    case .channelsLast:
      guard shape.rank == 5, shape[1] == anchors else { return nil }
      dimensions = (shape[4], shape[2], shape[3])
    }
    guard dimensions.channels > 5, dimensions.rows > 0, dimensions.columns > 0 else { return nil }
    self.name = name
    self.axes = axes
    self.anchors = anchors
    (channels, rows, columns) = dimensions
  }

  /// Cells of all anchors.
  package var cellCount: Int { anchors * rows * columns }
}

extension [HeadMap] {
  /// The places of the maps with the largest grid first; equal grids keep their order.
  package var finestFirstOrder: [Int] {
    indices.sorted {
      (self[$1].rows * self[$1].columns, $0) < (self[$0].rows * self[$0].columns, $1)
    }
  }

  package var finestFirst: [HeadMap] { finestFirstOrder.map { self[$0] } }

  /// The cells of the maps, which stand finest first.
  package var layout: CellLayout {
    CellLayout(map { (anchors: $0.anchors, rows: $0.rows, columns: $0.columns) })
  }
}
