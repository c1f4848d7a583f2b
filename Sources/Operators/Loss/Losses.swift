import Kernels
import Tensors

/// `NegativeLogLikelihoodLoss`: `-weight[t] * x[t]` for the class `t` that the target names at each
/// place, all of them or their mean or sum (`reduction`); opsets 12, 13, 22.
///
/// x `[N, C, d1…]`, target `[N, d1…]`, weight `[C]`. The mean is divided by the sum of the weights; what
/// is `ignore_index` has none.
enum NegativeLogLikelihoodLoss: ArithmeticOperator {
  static let type = "NegativeLogLikelihoodLoss"
  static let opsets = 12...newestOpset
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectOutputs(atMost: 1)
    let loss = try ClassLoss(&node)
    let type = try node.operand(0).elementType
    return .inDoubles(type, loss.result) { try loss.write($0, of: $0.input(0)) }
  }
}

/// `SoftmaxCrossEntropyLoss`: the loss of ``NegativeLogLikelihoodLoss`` of the logarithms of `softmax`
/// over the classes, which are the second output; opsets 12, 13.
enum SoftmaxCrossEntropyLoss: ArithmeticOperator {
  static let type = "SoftmaxCrossEntropyLoss"
  static let opsets = 12...newestOpset
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectOutputs(atMost: 2)
    let loss = try ClassLoss(&node)
    let x = try node.operand(0)
    let classes = AxisSets(x.shape, axes: 1..<2)
    return .inDoubles([.init(x.elementType, loss.result), .init(x.elementType, x.shape)]) { run in
      let logarithms = run.output(1)
      LogSoftmax.write(run.input(0), to: logarithms, classes, team: run.run.team)
      try loss.write(run, of: UnsafeBufferPointer(logarithms))
    }
  }
}

/// What both losses state: inputs x `[N, C, d1…]`, target `[N, d1…]` and weight `[C]`.
private struct ClassLoss: Sendable {
  private enum Combination: String, CaseIterable { case none, mean, sum }

  private let classes: Int
  private let stride: Int
  private let combination: Combination
  private let ignored: Int?
  let result: Shape

  init(_ node: inout NodeReader) throws {
    try node.expectInputs(2...3)
    let (x, target) = try (node.operand(0), node.operand(1))
    try x.expectFloatingPoint(as: "input 0")
    guard x.shape.rank >= 2, target.shape.dimensions == [x.shape[0]] + x.shape.dimensions[2...],
      target.elementType == .int32 || target.elementType == .int64
    else {
      throw OperatorError(
        "scores \(x.shape) and target \(target.elementType)\(target.shape), expected [N,C,…] and "
          + "int32 or int64[N,…]")
    }
    classes = x.shape[1]
    stride = x.shape.elementCount(in: 2..<x.shape.rank)
    if let weight = node.optionalOperand(2) {
      try weight.expectFloatingPoint(as: "weight")
      guard weight.shape == [classes] else {
        throw OperatorError("weight has shape \(weight.shape), expected [\(classes)]")
      }
    }
    combination = try node.choice("reduction", default: .mean)
    ignored = try node.int("ignore_index")
    result = combination == .none ? target.shape : []
  }

  func write(_ run: DoubleRun, of scores: UnsafeBufferPointer<Double>) throws {
    let targets = run.run.inputs[1]!.cast(to: .int64, team: run.run.team).elements(of: Int64.self)
    let weights = run.optional(2)
    let output = run.output(0)
    var (sum, total) = (0.0, 0.0)
    for (place, target) in targets.enumerated() {
      let isIgnored = ignored.map { Int64($0) == target } ?? false
      guard isIgnored || (0..<Int64(classes)).contains(target) else {
        throw OperatorError("target \(target) is no class, expected 0 to \(classes - 1)")
      }
      let weight = isIgnored ? 0 : weights?[Int(target)] ?? 1
      let score =
        isIgnored
        ? 0 : scores[(place / stride * classes + Int(target)) * stride + place % stride]
      let loss = -score * weight
      if combination == .none { output[place] = loss }
      sum += loss
      total += weight
    }
    switch combination {
    case .none: break
    case .sum: output[0] = sum
    case .mean: output[0] = sum / total
    }
  }
}
