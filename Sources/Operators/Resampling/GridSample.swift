import Kernels
import Tensors

/// `GridSample`: the input read at positions that a grid gives, interpolated; opsets 16 (two spatial
/// dimensions), 20 (one to three; `linear` and `cubic` are new names), 22.
///
/// X `[N, C, D1…Dr]`, grid `[N, o1…or, r]` of positions from -1 to 1, the innermost dimension first →
/// `[N, C, o1…or]`. A position that is not a number gives NaN. Cubic interpolation is that of -0.75.
enum GridSample: ArithmeticOperator {
  static let type = "GridSample"
  static let opsets = 16...newestOpset
  static let accumulates = true
  static let revisions: [Revision] = [20]
  static let allowsMixedPrecision = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let x = try node.operand(0)
    let grid = try node.operand(1)
    let rank = x.shape.rank - 2
    guard (1...(node.opset < 20 ? 2 : 3)).contains(rank), grid.shape.rank == rank + 2,
      grid.shape[0] == x.shape[0], grid.shape[rank + 1] == rank, !x.shape.dropFirst(2).contains(0)
    else {
      throw OperatorError(
        "X is \(x.shape) and the grid \(grid.shape), expected [N,C,D1…] and [N,o1…,rank] of one to "
          + "three spatial dimensions")
    }
    guard grid.elementType.floatingType != nil else {
      throw OperatorError("input 1 is \(grid.elementType), expected floating point")
    }
    let sampler = GridSampler(
      spatial: Array(x.shape.dimensions[2...]), mode: try mode(&node),
      padding: try node.choice("padding_mode", default: GridSampler.Padding.zeros),
      alignsCorners: try node.flag("align_corners", default: false))
    let shape = try Shape(
      validating: Array(x.shape.dimensions[..<2] + grid.shape.dimensions[1...rank]))
    return try Sampling(x: x.shape, shape: shape, sampler: sampler).node(for: x.elementType)
  }

  private static func mode(_ node: inout NodeReader) throws -> GridSampler.Mode {
    let names: KeyValuePairs<String, GridSampler.Mode> =
      node.opset < 20
      ? ["bilinear": .linear, "nearest": .nearest, "bicubic": .cubic]
      : ["linear": .linear, "nearest": .nearest, "cubic": .cubic]
    let name = try node.string("mode") ?? names[0].key
    guard let mode = names.first(where: { $0.key == name })?.value else {
      throw OperatorError(
        "attribute mode is '\(shown: name)', expected one of: "
          + names.map { $0.key }.joined(separator: ", "))
    }
    return mode
  }
}

private struct Sampling: FloatingPreparation, Sendable {
  let x: Shape
  let shape: Shape
  let sampler: GridSampler

  /// Positions whose taps are found before the channels are gone through.
  private static let block = 64

  func node<T: FloatingElement>(_: T.Type) -> PreparedNode {
    PreparedNode(T.elementType, shape) { run in
      guard shape.elementCount > 0 else { return }
      let grid = run.inputs[1]!.cast(to: T.elementType, team: run.team)
      let positions = grid.unsafeElements(of: T.self).baseAddress!
      let (input, output) = (run.input(0, of: T.self), run.output(of: T.self))
      let channels = shape[1]
      let (points, pixels) = (
        shape.elementCount(in: 2..<shape.rank), x.elementCount(in: 2..<x.rank)
      )
      let blocks = (points + Self.block - 1) / Self.block
      run.team.forEachIndex(shape[0] * blocks) { index in
        let image = index / blocks
        let first = index % blocks * Self.block
        let count = min(Self.block, points - first)
        sample(
          input.baseAddress! + image * channels * pixels,
          at: positions + (image * points + first) * sampler.rank, count: count,
          into: output.baseAddress! + image * channels * points + first, channels: channels,
          pixels: pixels, points: points)
      }
      withExtendedLifetime(grid) {}
    }
  }

  /// `count` neighbouring results of every channel of one image.
  private func sample<T: FloatingElement>(
    _ maps: UnsafePointer<T>, at positions: UnsafePointer<T>, count: Int,
    into output: UnsafeMutablePointer<T>, channels: Int, pixels: Int, points: Int
  ) {
    let taps = sampler.tapCount
    withUnsafeTemporaryAllocation(of: GridTap<T>.self, capacity: count * taps) { found in
      for point in 0..<count {
        sampler.findTaps(
          at: positions + point * sampler.rank, into: found.baseAddress! + point * taps)
      }
      for channel in 0..<channels {
        let map = maps + channel * pixels
        for point in 0..<count {
          var sum: T = 0
          for tap in point * taps..<(point + 1) * taps where found[tap].weight != 0 {
            sum += found[tap].weight * map[found[tap].offset]
          }
          output[channel * points + point] = sum
        }
      }
    }
  }
}
