import Kernels
import Tensors

/// `ConvTranspose`: the transpose of a grouped, strided, dilated convolution over one to three spatial
/// dimensions; opsets 1, 11, 22.
///
/// X `[N, C, D1…]`, W `[C, M/group, k1…]`, B `[M]` → Y `[N, M, o1…]`, with
/// `o = stride * (D - 1) + output_padding + (k - 1) * dilation + 1 - pads`, unless `output_shape` says
/// otherwise. Computed as a product of matrices whose columns are summed into the map.
enum ConvTranspose: ArithmeticOperator {
  static let type = "ConvTranspose"
  static let accumulates = true
  static let mixesChannels = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...3)
    let x = try node.operand(0)
    let weights = try node.operand(1)
    let bias = node.optionalOperand(2)
    guard weights.elementType == x.elementType, bias?.elementType ?? x.elementType == x.elementType
    else { throw OperatorError("X, W and B must have one floating-point type") }
    guard (3...5).contains(x.shape.rank), weights.shape.rank == x.shape.rank else {
      throw OperatorError(
        "X is \(x.shape) and W \(weights.shape), expected [N,C,…] and [C,M/group,…] of equal rank 3 "
          + "to 5")
    }
    let groups = try node.int("group") ?? 1
    guard groups >= 1, x.shape[1] % groups == 0, weights.shape[0] == x.shape[1] else {
      throw OperatorError(
        "\(x.shape[1]) input channels in \(groups) groups do not fit W \(weights.shape)")
    }
    let kernel = Array(weights.shape.dimensions[2...])
    if let declared = try node.ints("kernel_shape"), declared != kernel {
      throw OperatorError("attribute kernel_shape is \(declared), but W is \(weights.shape)")
    }
    let window = try TransposedWindow(
      &node, over: Array(x.shape.dimensions[2...]), kernel: kernel)
    let (outputChannels, overflow) = weights.shape[1].multipliedReportingOverflow(by: groups)
    guard !overflow, bias == nil || bias?.shape == [outputChannels] else {
      throw OperatorError("B is \(bias?.shape ?? []), expected [\(outputChannels)] as W says")
    }
    let shape = try Shape(validating: [x.shape[0], outputChannels] + window.output)
    return try Transposition(
      x: x.shape, shape: shape, groups: groups, hasBias: bias != nil, window: window,
      product: product(x.shape, weights.shape, groups: groups)
    ).node(for: x.elementType)
  }

  /// Columns of one group: `[C/group, M/group * taps]` transposed, times `[C/group, pixels]`.
  private static func product(
    _ x: Shape, _ weights: Shape, groups: Int
  ) throws -> MatrixProduct {
    var product = try MatrixProduct(
      checkingRows: weights.elementCount(in: 1..<weights.rank),
      columns: x.elementCount(in: 2..<x.rank), depth: x[1] / groups)
    product.transposesLeft = true
    guard try Shape(validating: [product.rows, product.columns]).elementCount <= 1 << 30 else {
      throw OperatorError("W \(weights) over X \(x) makes too many columns, expected at most 2^30")
    }
    return product
  }
}

private struct Transposition: FloatingPreparation, Sendable {
  let x: Shape
  let shape: Shape
  let groups: Int
  let hasBias: Bool
  let window: TransposedWindow
  let product: MatrixProduct

  func node<T: FloatingElement & BLASElement>(_: T.Type) -> PreparedNode {
    var node = PreparedNode(
      T.elementType, shape, multiplyAdds: product.multiplyAdds &* groups &* x[0]
    ) { run in
      let output = run.output(of: T.self)
      if output.isEmpty { return }
      fill(output, with: hasBias ? run.input(2, of: T.self) : nil)
      if product.depth == 0 { return }
      let columns = MutableTensor(
        elementType: T.elementType, shape: [product.rows, product.columns])
      let (maps, weights) = (run.input(0, of: T.self), run.input(1, of: T.self))
      let inputs = product.depth * product.columns
      let outputs = output.count / (x[0] * groups)
      for plane in 0..<x[0] * groups {
        let group = plane % groups * product.rows * product.depth
        try product(
          UnsafeBufferPointer(rebasing: weights[group..<group + product.rows * product.depth]),
          UnsafeBufferPointer(rebasing: maps[plane * inputs..<(plane + 1) * inputs]),
          into: columns.unsafeElements(of: T.self), team: run.team)
        window.scatter.add(
          UnsafePointer(columns.unsafeElements(of: T.self).baseAddress!),
          to: output.baseAddress! + plane * outputs, channels: shape[1] / groups, team: run.team)
      }
      withExtendedLifetime(columns) {}
    }
    node.scratchBytes = product.rows * product.columns * MemoryLayout<T>.stride
    return node
  }

  private func fill<T: FloatingElement>(
    _ output: UnsafeMutableBufferPointer<T>, with bias: UnsafeBufferPointer<T>?
  ) {
    let pixels = shape.elementCount(in: 2..<shape.rank)
    for plane in 0..<output.count / pixels {
      UnsafeMutableBufferPointer(rebasing: output[plane * pixels..<(plane + 1) * pixels])
        .update(repeating: bias?[plane % shape[1]] ?? 0)
    }
  }
}

/// The window of a transposed convolution, resolved for one input shape.
struct TransposedWindow: Sendable {
  let output: [Int]
  let scatter: ColumnScatter

  private enum AutoPad: String, CaseIterable {
    case notSet = "NOTSET"
    case sameUpper = "SAME_UPPER"
    case sameLower = "SAME_LOWER"
    case valid = "VALID"
  }

  init(_ node: inout NodeReader, over spatial: [Int], kernel: [Int]) throws {
    let rank = spatial.count
    let strides = try node.extents("strides", count: rank, from: 1) ?? spatial.map { _ in 1 }
    let dilations = try node.extents("dilations", count: rank, from: 1) ?? spatial.map { _ in 1 }
    let extra = try node.extents("output_padding", count: rank, from: 0) ?? spatial.map { _ in 0 }
    let pads = try node.extents("pads", count: 2 * rank, from: 0)
    let requested = try node.extents("output_shape", count: rank, from: 0)
    let autoPad = try node.choice("auto_pad", default: AutoPad.notSet)
    guard spatial.allSatisfy({ $0 < 1 << 31 }), kernel.allSatisfy({ (1..<1 << 31).contains($0) })
    else { throw OperatorError("kernel \(kernel) over \(spatial), expected extents of 1 to 2^31") }
    var (output, begin) = ([Int](), [Int]())
    for axis in 0..<rank {
      // Each factor is below 2^31.
      let whole =
        strides[axis] * max(spatial[axis] - 1, 0) + extra[axis]
        + (kernel[axis] - 1) * dilations[axis] + 1
      let isSame = autoPad == .sameUpper || autoPad == .sameLower
      if let extent = requested?[axis] ?? (isSame ? spatial[axis] * strides[axis] : nil) {
        let total = max(whole - extent, 0)
        output.append(extent)
        begin.append(autoPad == .sameUpper ? total / 2 : total - total / 2)
      } else {
        let (before, after) =
          autoPad == .valid ? (0, 0) : (pads?[axis] ?? 0, pads?[axis + rank] ?? 0)
        output.append(whole - before - after)
        begin.append(before)
      }
    }
    self.output = output
    scatter = ColumnScatter(
      map: output, positions: spatial, kernel: kernel, strides: strides, dilations: dilations,
      padding: begin)
  }
}

extension NodeReader {
  /// A list of extents below 2^31.
  mutating func extents(_ name: String, count: Int, from minimum: Int) throws -> [Int]? {
    guard let values = try ints(name) else { return nil }
    guard values.count == count, values.allSatisfy({ (minimum..<1 << 31).contains($0) }) else {
      throw OperatorError(
        "attribute \(name) is \(values), expected \(count) numbers of at least \(minimum)")
    }
    return values
  }
}
