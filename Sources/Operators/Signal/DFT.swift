import Kernels
import Tensors

/// `DFT`: the discrete Fourier transform along an axis, of real (`[…, 1]`) or complex numbers (`[…, 2]`),
/// or its inverse; opsets 17 and 20 (the axis an input).
///
/// The signal is cut or filled with zeros to `dft_length`. `onesided` leaves out what follows from the
/// rest: the second half of a transform of real numbers; the inverse of such halves is real. Sums are
/// taken term by term in float64.
enum DFT: ArithmeticOperator {
  static let type = "DFT"
  static let opsets = 17...newestOpset
  static let accumulates = true
  static let revisions: [Revision] = [20]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...3)
    let x = try node.operand(0)
    try x.expectFloatingPoint(as: "input 0")
    let rank = x.shape.rank
    guard rank >= 2, (1...2).contains(x.shape[rank - 1]) else {
      throw OperatorError("input of shape \(x.shape), expected […,1] or […,2]")
    }
    var requested = node.opset < 20 ? try node.int("axis") ?? 1 : -2
    if node.opset >= 20, node.optionalOperand(2) != nil { requested = try node.single(2) }
    let axis = try normalized(axis: requested, rank: rank)
    guard axis < rank - 1 else { throw OperatorError("axis \(requested) is that of the parts") }
    let isInverse = try node.flag("inverse", default: false)
    let isOneSided = try node.flag("onesided", default: false)
    let restores = isInverse && isOneSided
    var length = restores ? 2 * (x.shape[axis] - 1) : x.shape[axis]
    if node.optionalOperand(1) != nil { length = try node.single(1) }
    guard (1...1 << 20).contains(length) else {
      throw OperatorError("a transform of \(length) numbers, expected 1 to \(1 << 20)")
    }
    guard !isOneSided || isInverse || x.shape[rank - 1] == 1 else {
      throw OperatorError("onesided of complex numbers, expected real ones")
    }
    var dimensions = x.shape.dimensions
    dimensions[axis] = isOneSided && !isInverse ? length / 2 + 1 : length
    dimensions[rank - 1] = restores ? 1 : 2
    let shape = try Shape(validating: dimensions)
    let transform = FourierTransform(
      length: length, inputs: x.shape[axis], outputs: shape[axis], isInverse: isInverse,
      mirrors: restores)
    try transform.expectTime(for: shape)
    let (from, to) = (x.shape[rank - 1], shape[rank - 1])
    let stride = x.shape.elementCount(in: axis + 1..<rank - 1)
    return .inDoubles(x.elementType, shape) { run in
      let (x, y) = (run.input(0), run.output())
      guard shape.elementCount > 0 else { return }
      run.run.team.forEachIndex(shape.elementCount / (transform.outputs * to)) { row in
        func start(_ length: Int) -> Int { row / stride * length * stride + row % stride }
        let source = start(transform.inputs)
        let target = start(transform.outputs)
        transform.run { place in
          let element = (source + place * stride) * from
          return (x[element], from == 2 ? x[element + 1] : 0)
        } write: { place, real, imaginary in
          let element = (target + place * stride) * to
          y[element] = real
          if to == 2 { y[element + 1] = imaginary }
        }
      }
    }
  }
}

/// `STFT`: the transforms of a signal's frames, each times a window; opset 17.
///
/// Signal `[B, L, 1]` or `[B, L, 2]`, the step from frame to frame, a window `[l]`, the frames' length;
/// the result is `[B, frames, l or l/2 + 1, 2]`. Sums are taken term by term in float64.
enum STFT: ArithmeticOperator {
  static let type = "STFT"
  static let opsets = 17...newestOpset
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...4)
    let x = try node.operand(0)
    try x.expectFloatingPoint(as: "input 0")
    try node.expectFloatingPoint(2...2)
    try x.expectRank(3, as: "input 0", "[B,L,1] or [B,L,2]")
    let (batch, length, parts) = (x.shape[0], x.shape[1], x.shape[2])
    let step = try node.single(1)
    let window = node.optionalOperand(2)
    let frame =
      node.optionalOperand(3) != nil ? try node.single(3) : window?.shape.first ?? length
    let isOneSided = try node.flag("onesided", default: true)
    guard step >= 1, (1...max(length, 1)).contains(frame), frame <= 1 << 20,
      (1...2).contains(parts), !(isOneSided && parts == 2),
      window.map({ $0.shape == [frame] }) ?? true
    else {
      throw OperatorError(
        "a signal \(x.shape) with steps of \(step) and frames of \(frame), expected frames within it, "
          + "the window's length, and real numbers for onesided")
    }
    let frames = (length - frame) / step + 1
    let transform = FourierTransform(
      length: frame, inputs: frame, outputs: isOneSided ? frame / 2 + 1 : frame, isInverse: false,
      mirrors: false)
    let shape = try Shape(validating: [batch, frames, transform.outputs, 2])
    try transform.expectTime(for: shape)
    return .inDoubles(x.elementType, shape) { run in
      let (x, weights, y) = (run.input(0), run.optional(2), run.output())
      run.run.team.forEachIndex(batch * frames) { row in
        let first = row / frames * length + row % frames * step
        transform.run { place in
          let weight = weights?[place] ?? 1
          let element = (first + place) * parts
          return (weight * x[element], parts == 2 ? weight * x[element + 1] : 0)
        } write: { place, real, imaginary in
          let element = (row * transform.outputs + place) * 2
          (y[element], y[element + 1]) = (real, imaginary)
        }
      }
    }
  }
}

/// A transform of `length` numbers, of which the first `inputs` are given and `outputs` wanted.
private struct FourierTransform: Sendable {
  let length: Int
  let inputs: Int
  let outputs: Int
  let isInverse: Bool
  /// Whether the second half of the inputs is that of a transform of real numbers.
  let mirrors: Bool

  /// Throws when a result of this shape takes more than a minute or so.
  func expectTime(for shape: Shape) throws {
    let (products, overflows) = shape.elementCount.multipliedReportingOverflow(by: length)
    guard !overflows, products <= 1 << 36 else {
      throw OperatorError("transforms of \(length) numbers for \(shape), expected fewer")
    }
  }

  func run(
    _ read: (Int) -> (Double, Double), write: (Int, Double, Double) -> Void
  ) {
    let given = min(inputs, mirrors ? length / 2 + 1 : length)
    var values = (0..<given).map { read($0) }
    if mirrors {
      for place in given..<max(given, length) {
        let mirrored = length - place
        values.append(mirrored < given ? (values[mirrored].0, -values[mirrored].1) : (0, 0))
      }
    }
    let turn = (isInverse ? 2 : -2) * Double.pi / Double(length)
    let roots = (0..<length).map { (Double.cos(turn * Double($0)), Double.sin(turn * Double($0))) }
    let scale = isInverse ? 1 / Double(length) : 1
    for place in 0..<outputs {
      var (real, imaginary) = (0.0, 0.0)
      for (index, value) in values.enumerated() {
        let root = roots[place * index % length]
        real += value.0 * root.0 - value.1 * root.1
        imaginary += value.0 * root.1 + value.1 * root.0
      }
      write(place, real * scale, imaginary * scale)
    }
  }
}

extension NodeReader {
  /// An input that is one integer.
  func single(_ index: Int) throws -> Int {
    let list = try integers(index)
    guard list.count == 1 else {
      throw OperatorError("input \(index) has \(list.count) elements, expected one")
    }
    return list[0]
  }
}
