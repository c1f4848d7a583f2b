import Kernels
import Tensors

/// Sums the columns of a patch matrix into the map they were taken from: the transpose of taking
/// patches, as `ConvTranspose` and `Col2Im` do it.
///
/// Columns `[channels, kernel…, positions…]`, map `[channels, extents…]`, over one to three spatial
/// dimensions; positions outside the map are dropped.
struct ColumnScatter: Sendable {
  /// Three of each, outermost first; leading ones that are missing are of extent 1.
  private let map: [Int]
  private let positions: [Int]
  private let kernel: [Int]
  private let strides: [Int]
  private let dilations: [Int]
  private let padding: [Int]

  /// - Parameter padding: of the map before its first element; negative where positions begin
  ///   inside.
  init(
    map: [Int], positions: [Int], kernel: [Int], strides: [Int], dilations: [Int], padding: [Int]
  ) {
    func three(_ extents: [Int], filler: Int) -> [Int] {
      [Int](repeating: filler, count: 3 - extents.count) + extents
    }
    self.map = three(map, filler: 1)
    self.positions = three(positions, filler: 1)
    self.kernel = three(kernel, filler: 1)
    self.strides = three(strides, filler: 1)
    self.dilations = three(dilations, filler: 1)
    self.padding = three(padding, filler: 0)
  }

  /// Adds to the map.
  func add<T: FloatingElement>(
    _ columns: UnsafePointer<T>, to maps: UnsafeMutablePointer<T>, channels: Int, team: ThreadTeam
  ) {
    let mapSize = map.reduce(1, *)
    let columnsSize = kernel.reduce(1, *) * positions.reduce(1, *)
    team.forEachIndex(channels) { channel in
      add(columns + channel * columnsSize, to: maps + channel * mapSize)
    }
  }

  private func add<T: FloatingElement>(
    _ columns: UnsafePointer<T>, to map: UnsafeMutablePointer<T>
  ) {
    var line = columns
    for depth in 0..<kernel[0] {
      for height in 0..<kernel[1] {
        for width in 0..<kernel[2] {
          let columnsMet = met(axis: 2, tap: width)
          for z in 0..<positions[0] {
            for y in 0..<positions[1] {
              let (mapZ, mapY) = (place(z, axis: 0, tap: depth), place(y, axis: 1, tap: height))
              if (0..<self.map[0]).contains(mapZ), (0..<self.map[1]).contains(mapY) {
                let target = map + (mapZ * self.map[1] + mapY) * self.map[2]
                let first = place(0, axis: 2, tap: width)
                for x in columnsMet { target[first + x * strides[2]] += line[x] }
              }
              line += positions[2]
            }
          }
        }
      }
    }
  }

  private func place(_ position: Int, axis: Int, tap: Int) -> Int {
    position * strides[axis] + tap * dilations[axis] - padding[axis]
  }

  /// The positions along an axis where a tap meets the map.
  private func met(axis: Int, tap: Int) -> Range<Int> {
    let first = place(0, axis: axis, tap: tap)
    let step = strides[axis]
    let lower = first >= 0 ? 0 : (-first + step - 1) / step
    let upper = first < map[axis] ? (map[axis] - first + step - 1) / step : 0
    let clamped = min(lower, positions[axis])
    return clamped..<max(clamped, min(upper, positions[axis]))
  }
}
