import CKernels

/// How a band of a convolution's input is laid out so that each term of the sums reads, for
/// neighbouring output pixels, neighbouring elements.
///
/// With strides, the rows and columns of one phase (position modulo the stride) are stored together;
/// zeros stand for the padding. Output pixel `p`, counted over lines of `pitch`, reads for term `k`
/// the element `offsets[k] + p`.
struct ShiftedMap: Sendable {
  /// What of the layout the geometry alone decides.
  struct Lines: Sendable {
    fileprivate let geometry: ConvolutionGeometry
    fileprivate let rowPhases: [Int]
    fileprivate let columnPhases: [Int]
    /// Lines of a phase that a band reads beside as many as it has rows.
    fileprivate let reach: Int
    /// Elements from one output line to the next; the output's width or a little more.
    let pitch: Int

    init(_ geometry: ConvolutionGeometry) {
      let (rowTaps, columnTaps) = geometry.taps
      self.geometry = geometry
      rowPhases = Set(rowTaps.map { $0 % geometry.stride.height }).sorted()
      columnPhases = Set(columnTaps.map { $0 % geometry.stride.width }).sorted()
      reach = rowTaps.last! / geometry.stride.height
      pitch = geometry.output.width + columnTaps.last! / geometry.stride.width
    }

    /// Bytes that a band of `bandRows` output rows takes, with room for one vector to overrun.
    func byteCount(bandRows: Int) -> Int {
      ((bandRows + reach) * lineCount + slack) * MemoryLayout<Float>.stride
    }

    /// The most rows that do not take more, at least one.
    func rows(inBytes limit: Int) -> Int {
      max((limit / MemoryLayout<Float>.stride - slack) / lineCount - reach, 1)
    }

    /// Elements of one line of every phase of every channel.
    private var lineCount: Int {
      geometry.inputChannels * rowPhases.count * columnPhases.count * pitch
    }
  }

  /// Elements from one output line to the next.
  var pitch: Int { lines.pitch }
  /// For each term in the order `[input channel][kernel row][kernel column]`.
  let offsets: [Int]

  private let lines: Lines
  private let planeRows: Int
  private let bandRows: Int

  private var geometry: ConvolutionGeometry { lines.geometry }
  private var rowPhases: [Int] { lines.rowPhases }
  private var columnPhases: [Int] { lines.columnPhases }

  /// The room a vector of any level needs to overrun.
  private static let slack = 16

  init(_ lines: Lines, bandRows: Int) {
    self.lines = lines
    self.bandRows = bandRows
    planeRows = bandRows + lines.reach
    let (geometry, pitch) = (lines.geometry, lines.pitch)
    let (rowPhases, columnPhases) = (lines.rowPhases, lines.columnPhases)
    let (rowTaps, columnTaps) = geometry.taps
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
    func fillEdge(_ places: Range<Int>) {
      for place in places {
        for phase in 0..<2 {
          let x = 2 * place + phase - geometry.padding.width
          target[phase * planeSize + place] = x >= 0 && x < geometry.input.width ? line[x] : 0
        }
      }
    }
    fillEdge(0..<first)
    fillEdge(end..<pitch)
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
