import CKernels

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
    pitch = Self.pitch(of: geometry)
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

  static func pitch(of geometry: ConvolutionGeometry) -> Int {
    geometry.output.width + geometry.taps.columns.last! / geometry.stride.width
  }

  /// Bytes that a band of `bandRows` output rows takes, with room for one vector to overrun.
  static func byteCount(of geometry: ConvolutionGeometry, bandRows: Int) -> Int {
    let (rowTaps, columnTaps) = geometry.taps
    let rowPhases = Set(rowTaps.map { $0 % geometry.stride.height }).count
    let columnPhases = Set(columnTaps.map { $0 % geometry.stride.width }).count
    let rows = bandRows + rowTaps.last! / geometry.stride.height
    let elements =
      geometry.inputChannels * rowPhases * columnPhases * rows * pitch(of: geometry) + slack
    return elements * MemoryLayout<Float>.stride
  }

  /// Copies what output rows from `firstRow` on read of one group's input.
  func fill(
    _ target: UnsafeMutablePointer<Float>, from map: UnsafePointer<Float>, firstRow: Int,
    rows: Int, level: SIMDLevel
  ) {
    let lines = rows + planeRows - bandRows
    let planeSize = planeRows * pitch
    var planes = target
    for channel in 0..<geometry.inputChannels {
      let source = map + channel * geometry.input.count
      for rowPhase in rowPhases {
        for line in 0..<lines {
          let y = (firstRow + line) * geometry.stride.height + rowPhase - geometry.padding.height
          fillLine(
            planes + line * pitch, planeSize: planeSize,
            from: (0..<geometry.input.height).contains(y) ? source + y * geometry.input.width : nil,
            level: level)
        }
        planes += columnPhases.count * planeSize
      }
    }
  }

  /// Copies a line of the input, one column phase into each of as many planes.
  private func fillLine(
    _ target: UnsafeMutablePointer<Float>, planeSize: Int, from line: UnsafePointer<Float>?,
    level: SIMDLevel
  ) {
    guard let line else {
      for plane in columnPhases.indices {
        (target + plane * planeSize).update(repeating: 0, count: pitch)
      }
      return
    }
    // Places whose both phases lie inside the line.
    let first = (geometry.padding.width + 1) / 2
    let end = min((geometry.input.width + geometry.padding.width) / 2, pitch)
    guard geometry.stride.width == 2, columnPhases == [0, 1], first < end else {
      for (plane, phase) in columnPhases.enumerated() {
        geometry.packLine(
          of: line, from: phase - geometry.padding.width, columns: pitch,
          into: target + plane * planeSize)
      }
      return
    }
    split_columns(
      level, line + (2 * first - geometry.padding.width), end - first, target + first,
      target + planeSize + first)
    for place in [0..<first, end..<pitch].joined() {
      for phase in 0..<2 {
        let x = 2 * place + phase - geometry.padding.width
        target[phase * planeSize + place] =
          (0..<geometry.input.width).contains(x) ? line[x] : 0
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
