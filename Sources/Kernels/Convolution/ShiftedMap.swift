/// How a band of a convolution's input is laid out so that each term of the sums reads, for
/// neighbouring output pixels, neighbouring elements.
///
/// With strides, the rows and columns of one phase (position modulo the stride) are stored together;
/// zeros stand for the padding. Output pixel `p`, counted over lines of `pitch`, reads for term `k`
/// the element `offsets[k] + p`.
struct ShiftedMap: Sendable {
  /// Elements from one output line to the next; the output's width or a little more.
  let pitch: Int
  /// For each term in the order `[input channel][kernel row][kernel column]`.
  let offsets: [Int]

  private let geometry: ConvolutionGeometry
  private let rowPhases: [Int]
  private let columnPhases: [Int]
  private let planeRows: Int
  private let bandRows: Int

  /// The room a vector of any level needs to overrun.
  private static let slack = 16

  init(_ geometry: ConvolutionGeometry, bandRows: Int) {
    self.geometry = geometry
    self.bandRows = bandRows
    let (rowTaps, columnTaps) = geometry.taps
    rowPhases = Set(rowTaps.map { $0 % geometry.stride.height }).sorted()
    columnPhases = Set(columnTaps.map { $0 % geometry.stride.width }).sorted()
    pitch = geometry.output.width + columnTaps.last! / geometry.stride.width
    planeRows = bandRows + rowTaps.last! / geometry.stride.height
    let planes = rowPhases.count * columnPhases.count
    var offsets: [Int] = []
    offsets.reserveCapacity(geometry.patchRows)
    for channel in 0..<geometry.inputChannels {
      for row in rowTaps {
        let rowPhase = rowPhases.firstIndex(of: row % geometry.stride.height)!
        for column in columnTaps {
          let columnPhase = columnPhases.firstIndex(of: column % geometry.stride.width)!
          let plane = channel * planes + rowPhase * columnPhases.count + columnPhase
          offsets.append(
            (plane * planeRows + row / geometry.stride.height) * pitch
              + column / geometry.stride.width)
        }
      }
    }
    self.offsets = offsets
  }

  /// Floats that a band of `bandRows` output rows takes, with room for one vector to overrun.
  static func elementCount(of geometry: ConvolutionGeometry, bandRows: Int) -> Int {
    let (rowTaps, columnTaps) = geometry.taps
    let rowPhases = Set(rowTaps.map { $0 % geometry.stride.height }).count
    let columnPhases = Set(columnTaps.map { $0 % geometry.stride.width }).count
    let rows = bandRows + rowTaps.last! / geometry.stride.height
    let pitch = geometry.output.width + columnTaps.last! / geometry.stride.width
    return geometry.inputChannels * rowPhases * columnPhases * rows * pitch + slack
  }

  /// Copies what output rows from `firstRow` on read of one group's input.
  func fill(
    _ target: UnsafeMutablePointer<Float>, from map: UnsafePointer<Float>, firstRow: Int,
    rows: Int
  ) {
    let lines = rows + planeRows - bandRows
    var plane = target
    for channel in 0..<geometry.inputChannels {
      let source = map + channel * geometry.input.count
      for rowPhase in rowPhases {
        for columnPhase in columnPhases {
          for line in 0..<lines {
            let y =
              (firstRow + line) * geometry.stride.height + rowPhase - geometry.padding.height
            let target = plane + line * pitch
            if y >= 0, y < geometry.input.height {
              geometry.packLine(
                of: source + y * geometry.input.width,
                from: columnPhase - geometry.padding.width, columns: pitch, into: target)
            } else {
              target.update(repeating: 0, count: pitch)
            }
          }
          plane += planeRows * pitch
        }
      }
    }
  }
}

extension ConvolutionGeometry {
  /// How far below, and to the right of, its first element a kernel's taps reach.
  fileprivate var taps: (rows: [Int], columns: [Int]) {
    (
      (0..<kernel.height).map { $0 * dilation.height },
      (0..<kernel.width).map { $0 * dilation.width }
    )
  }
}
