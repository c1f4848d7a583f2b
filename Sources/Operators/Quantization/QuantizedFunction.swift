import Kernels
import ONNXGraph
import Tensors

/// A floating-point operator between quantised numbers: its inputs are dequantised, and its result
/// quantised, each with one scale and zero point.
struct QuantizedFunction: Sendable {
  /// Where a quantised tensor, its scale and its zero point stand among a node's inputs.
  struct Place: Sendable {
    let integers: Int
    let scale: Int
    let zeroPoint: Int

    init(_ first: Int) { (integers, scale, zeroPoint) = (first, first + 1, first + 2) }
  }

  private let places: [Place]
  private let result: (scale: Int, zeroPoint: Int)
  let type: ElementType

  /// Reads a node with quantised tensors at these places, the result's scale at `result` and its zero
  /// point behind it.
  ///
  /// Zero points may be left out; they are then zero.
  init(_ node: borrowing NodeReader, _ places: [Int], result: Int) throws {
    self.places = places.map { Place($0) }
    self.result = (result, result + 1)
    type = try node.operand(places[0]).elementType
    for place in self.places {
      let integers = try node.operand(place.integers)
      try integers.expect([.uint8, .int8], as: "input \(place.integers)")
      try node.operand(place.scale).expectScale(as: "input \(place.scale)")
      try Self.expectZeroPoint(node, place.zeroPoint, type: integers.elementType)
    }
    try node.operand(result).expectScale(as: "input \(result)")
    try Self.expectZeroPoint(node, result + 1, type: type)
  }

  private static func expectZeroPoint(
    _ node: borrowing NodeReader, _ index: Int, type: ElementType
  ) throws {
    guard let zeroPoint = node.optionalOperand(index) else { return }
    guard zeroPoint.elementType == type, zeroPoint.shape.elementCount == 1 else {
      throw OperatorError(
        "input \(index) (zero point) is \(zeroPoint.elementType)\(zeroPoint.shape), expected one "
          + "\(type)")
    }
  }

  /// The dequantised inputs, as the operator between them is shown them.
  func operands(_ node: borrowing NodeReader) throws -> [Operand] {
    try places.map { Operand(elementType: .float64, shape: try node.operand($0.integers).shape) }
  }

  /// The node that applies `function`, prepared for ``operands(_:)``.
  func node(_ function: PreparedNode) -> PreparedNode {
    let shape = function.outputs[0].shape
    var node = PreparedNode(type, shape) { run in
      let inputs = places.map { dequantized($0, in: run) }
      let values = try function.results(inputs, in: run)[0]
      let scale = run.inputs[result.scale]!.scale
      Quantizing.quantize(
        values, scales: Tensor([scale]),
        zeroPoints: run.optionalInput(result.zeroPoint)?.zeroPoints ?? [0],
        ScaleLayout(one: shape), into: run.outputs[0], team: run.team)
    }
    node.workspaceBytesPerWorker = function.workspaceBytesPerWorker
    return node
  }

  private func dequantized(_ place: Place, in run: NodeRun) -> Tensor {
    let integers = run.inputs[place.integers]!
    let result = MutableTensor(elementType: .float64, shape: integers.shape)
    Quantizing.dequantize(
      integers, scales: Tensor([run.inputs[place.scale]!.scale]),
      zeroPoints: run.optionalInput(place.zeroPoint)?.zeroPoints ?? [0],
      ScaleLayout(one: integers.shape), into: result, team: run.team)
    return result.tensor
  }
}

extension PreparedNode {
  /// The outputs for inputs of the prepared types and shapes, in memory of their own.
  func results(_ inputs: [Tensor?], in run: NodeRun) throws -> [Tensor] {
    switch body {
    case .constants(let tensors): return tensors
    case .alias(let input): return [inputs[input]!.reshaped(to: outputs[0].shape)]
    case .compute(let compute):
      let results = outputs.map { MutableTensor(elementType: $0.elementType, shape: $0.shape) }
      try compute(run.replacing(inputs: inputs, outputs: results))
      return results.map(\.tensor)
    }
  }
}
