import Kernels
import Tensors

/// `Pad`: elements added before and after each dimension, or removed where a pad is negative.
///
/// Pads and value are attributes before opset 11 and inputs from then on; `axes` comes with opset
/// 18, the mode `wrap` with 19. `reflect` turns around as often as it must, as NumPy does.
package enum Pad: Operator {
  package static let type = "Pad"
  package static let revisions: [Revision] = [
    11, Revision(18) { $0.hasInput(3) }, Revision(19) { $0.attributes["mode"] == .string("wrap") },
  ]

  enum Mode: String, CaseIterable {
    case constant, reflect, edge, wrap
  }

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let mode = try node.choice("mode", default: Mode.constant)
    guard mode != .wrap || node.opset >= 19 else {
      throw OperatorError("mode 'wrap' in opset \(node.opset), expected constant, reflect or edge")
    }
    let pads: [Int]
    var axes: [Int]?
    var value: Tensor?
    if node.opset < 11 {
      try node.expectInputs(1...1)
      guard let attribute = try node.ints("pads") else {
        throw OperatorError("attribute pads is missing")
      }
      pads = attribute
      value = try number(node.float("value") ?? 0, node.operand(0).elementType)
    } else {
      try node.expectInputs(2...(node.opset < 18 ? 3 : 4))
      pads = try node.integerList(1)
      axes = try node.optionalIntegerList(3)
      value = try fill(node.optionalOperand(2), node.operand(0).elementType)
    }
    let data = try node.operand(0)
    let padding = try axisPaddings(pads, axes: axes, shape: data.shape)
    let shape = try Shape(
      validating: zip(data.shape, padding).map { $0 + $1.before + $1.after })
    return mode == .constant
      ? surround(data, to: shape, padding, value)
      : try repeated(data, to: shape, padding, mode)
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0), let pads = pads(of: node),
      pads.count == 2 * input.shape.count
    else { return nil }
    var shape: [Size] = []
    for (axis, size) in input.shape.enumerated() {
      guard let padded = size.plus(Size(pads[axis] &+ pads[axis + input.shape.count])) else {
        return nil
      }
      shape.append(padded)
    }
    return [SymbolicTensor(input.elementType, shape)]
  }

  package static func isIdentity(_ node: SymbolicNode) -> Bool {
    pads(of: node)?.allSatisfy { $0 == 0 } ?? false
  }

  private static func pads(of node: SymbolicNode) -> [Int]? {
    node.opset < 11 ? node.ints("pads") : node.hasInput(3) ? nil : node.integers(1)
  }

  private static func axisPaddings(
    _ pads: [Int], axes: [Int]?, shape: Shape
  ) throws -> [AxisPadding] {
    let axes = try normalized(axes: axes ?? Array(shape.indices), rank: shape.rank)
    guard pads.count == 2 * axes.count else {
      throw OperatorError("\(pads.count) pads, expected \(2 * axes.count)")
    }
    var padding = [AxisPadding](repeating: AxisPadding(before: 0, after: 0), count: shape.rank)
    for (index, axis) in axes.enumerated() {
      let entry = AxisPadding(before: pads[index], after: pads[index + axes.count])
      guard max(entry.before.magnitude, entry.after.magnitude) <= Int.max / 16 else {
        throw OperatorError("pads \(pads), expected smaller ones")
      }
      padding[axis] = entry
    }
    return padding
  }

  /// The value of the attribute as one element of the data's type.
  private static func number(_ value: Float, _ elementType: ElementType) throws -> Tensor {
    switch elementType {
    case .float32: return Tensor(scalar: value)
    case .float64: return Tensor(scalar: Double(value))
    case .float16: return Tensor(scalar: Half(value))
    default: throw OperatorError("input 0 is \(elementType), expected a floating-point type")
    }
  }

  /// Zero when there is no operand; nil when the operand is to be read in the run.
  private static func fill(_ operand: Operand?, _ elementType: ElementType) throws -> Tensor? {
    guard let operand else { return .zeros(elementType, shape: []) }
    guard operand.elementType == elementType, operand.shape.elementCount == 1 else {
      throw OperatorError(
        "input 2 is \(operand.elementType) \(operand.shape), expected one \(elementType)")
    }
    return nil
  }

  private static func surround(
    _ data: Operand, to shape: Shape, _ padding: [AxisPadding], _ value: Tensor?
  ) -> PreparedNode {
    if padding.allSatisfy({ $0.before == 0 && $0.after == 0 }) {
      return .reshaping(data, to: shape)
    }
    let width = data.elementType.byteCount
    let background = StridedCopy(
      dimensions: [shape.elementCount], from: [0], to: [1], elementBytes: width)
    let kept = zip(data.shape, padding).map { $1.kept(of: $0) }
    let body = StridedCopy(
      dimensions: kept.map { $0.count }, from: data.shape.strides, to: shape.strides,
      elementBytes: width)
    let isEmpty = kept.contains { $0.isEmpty }
    let source =
      isEmpty ? 0 : zip(kept, data.shape.strides).reduce(0) { $0 + $1.0.lowerBound * $1.1 }
    let destination =
      isEmpty ? 0 : zip(padding, shape.strides).reduce(0) { $0 + max($1.0.before, 0) * $1.1 }
    return PreparedNode(data.elementType, shape) { run in
      let output = run.outputBytes()
      (value ?? run.inputs[2]!).withUnsafeBytes {
        background.run(from: $0.baseAddress!, to: output, team: run.team)
      }
      body.run(
        from: run.inputBytes(0) + source * width, to: output + destination * width, team: run.team)
    }
  }

  private static func repeated(
    _ data: Operand, to shape: Shape, _ padding: [AxisPadding], _ mode: Mode
  ) throws -> PreparedNode {
    for (axis, entry) in padding.enumerated() where shape[axis] > 0 {
      guard !entry.kept(of: data.shape[axis]).isEmpty else {
        throw OperatorError("mode '\(shown: mode)' with nothing to repeat along axis \(axis)")
      }
    }
    guard (data.shape.dimensions + shape.dimensions).allSatisfy({ $0 <= Int32.max }) else {
      throw OperatorError("shape \(data.shape) to \(shape), expected dimensions below 2^31")
    }
    let width = data.elementType.byteCount
    var node = PreparedNode(data.elementType, shape) { run in
      if shape.elementCount == 0 { return }
      let tables = padding.indices.map { axis in
        padding[axis].before == 0 && padding[axis].after == 0
          ? nil : padding[axis].table(of: data.shape[axis], mode)
      }
      TableCopy(sourceDimensions: data.shape.dimensions, tables: tables, elementBytes: width)
        .run(from: run.inputBytes(0), to: run.outputBytes(), team: run.team)
    }
    node.scratchBytes = zip(padding, shape).reduce(0) { bytes, axis in
      axis.0.before == 0 && axis.0.after == 0
        ? bytes : bytes + axis.1 * MemoryLayout<Int32>.stride
    }
    return node
  }
}

/// What is added before and after one dimension; what is taken away where negative.
private struct AxisPadding: Sendable {
  var before: Int
  var after: Int

  /// The source indices that stay.
  func kept(of length: Int) -> Range<Int> {
    let first = min(max(0, -before), length)
    return first..<max(first, min(length, length + after))
  }

  /// The source index every output index repeats.
  func table(of length: Int, _ mode: Pad.Mode) -> [Int32] {
    let kept = kept(of: length)
    let period = mode == .reflect ? max(2 * (kept.count - 1), 1) : kept.count
    return (0..<length + before + after).map { index in
      let position = index - max(before, 0)
      let turned = (position % period + period) % period
      let offset =
        switch mode {
        case .constant, .edge: min(max(position, 0), kept.count - 1)
        case .wrap: turned
        case .reflect: min(turned, period - turned)
        }
      return Int32(kept.lowerBound + offset)
    }
  }
}
