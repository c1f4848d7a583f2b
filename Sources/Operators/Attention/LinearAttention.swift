import Kernels
import Tensors

/// `LinearAttention`: a matrix for each head that every step decays, corrects and adds an outer product
/// to, read by the step's query; opset 27.
///
/// Query `[B, T, Hq * Dk]`, key `[B, T, Hkv * Dk]`, value `[B, T, Hkv * Dv]`, past state
/// `[B, Hkv, Dk, Dv]`, decay `[B, T, Hkv]` or `[B, T, Hkv * Dk]`, beta `[B, T, Hkv]` or `[B, T, 1]`; the
/// last two as `update_rule` has them. Outputs: `[B, T, Hq * Dv]` and the state behind the last step.
enum LinearAttention: ArithmeticOperator {
  private enum Rule: String, CaseIterable {
    case linear, gated, delta
    case gatedDelta = "gated_delta"
  }

  static let type = "LinearAttention"
  static let opsets = 26...newestOpset
  static let accumulates = true
  static let allowsMixedPrecision = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(3...6)
    try node.expectOutputs(atMost: 2)
    try node.expectFloatingPoint(0...5)
    node.ignore("chunk_size")
    let rule = try node.choice("update_rule", default: Rule.gatedDelta)
    guard let queryHeads = try node.int("q_num_heads"), let heads = try node.int("kv_num_heads"),
      heads > 0, queryHeads > 0, queryHeads % heads == 0
    else {
      throw OperatorError(
        "attributes q_num_heads and kv_num_heads, expected a multiple of the other")
    }
    let (query, key, value) = try (node.operand(0), node.operand(1), node.operand(2))
    for operand in [query, key, value] {
      try operand.expectRank(3, as: "query, key or value", "[B,T,H*D]")
    }
    let (batch, steps) = (query.shape[0], query.shape[1])
    let (depth, width) = (query.shape[2] / queryHeads, value.shape[2] / heads)
    guard query.shape[2] == queryHeads * depth,
      value.shape.dimensions == [batch, steps, heads * width],
      key.shape.dimensions == [batch, steps, heads * depth]
    else {
      throw OperatorError(
        "query \(query.shape), key \(key.shape) and value \(value.shape) of \(queryHeads) and "
          + "\(heads) heads do not fit one another")
    }
    let state = try Shape(validating: [batch, heads, depth, width])
    if let past = node.optionalOperand(3), past.shape != state {
      throw OperatorError("past_state has shape \(past.shape), expected \(state)")
    }
    let (decay, beta) = (node.optionalOperand(4), node.optionalOperand(5))
    let decays = rule == .gated || rule == .gatedDelta
    let corrects = rule == .delta || rule == .gatedDelta
    func fits(_ operand: Operand?, _ isWanted: Bool, _ widths: [Int]) -> Bool {
      guard let operand else { return !isWanted }
      return isWanted && operand.shape.rank == 3 && operand.shape[0] == batch
        && operand.shape[1] == steps && widths.contains(operand.shape[2])
    }
    guard fits(decay, decays, [heads, heads * depth]), fits(beta, corrects, [heads, 1]) else {
      throw OperatorError(
        "decay \(decay.map { "\($0.shape)" } ?? "absent") and beta "
          + "\(beta.map { "\($0.shape)" } ?? "absent") do not fit update_rule \(rule.rawValue)")
    }
    let given = try node.float("scale") ?? 0
    let scale = given == 0 ? 1 / Double(depth).squareRoot() : Double(given)
    let decaysByHead = decay?.shape[2] == heads
    let betaWidth = beta?.shape[2] ?? 1
    let outputType = query.elementType
    let stateType = node.optionalOperand(3)?.elementType ?? outputType
    let output = try Shape(validating: [batch, steps, queryHeads * width])
    return .inDoubles([.init(outputType, output), .init(stateType, state)]) { run in
      let (q, k, v, y) = (run.input(0), run.input(1), run.input(2), run.output(0))
      let states = run.output(1)
      if let past = run.optional(3) {
        _ = states.update(from: past)
      } else {
        states.update(repeating: 0)
      }
      let (decay, beta) = (run.optional(4), run.optional(5))
      let group = queryHeads / heads
      run.run.team.forEachIndex(batch * heads) { index in
        let (image, head) = (index / heads, index % heads)
        var written = [Double](repeating: 0, count: width)
        for step in 0..<steps {
          let time = image * steps + step
          let matrix = index * depth * width
          let firstKey = (time * heads + head) * depth
          for row in 0..<depth {
            guard let decay else { break }
            let factor = Double.exp(
              decay[decaysByHead ? time * heads + head : firstKey + row])
            for column in 0..<width { states[matrix + row * width + column] *= factor }
          }
          for column in 0..<width {
            var value = v[(time * heads + head) * width + column]
            if let beta {
              var kept = 0.0
              for row in 0..<depth {
                kept += states[matrix + row * width + column] * k[firstKey + row]
              }
              value = beta[time * betaWidth + (betaWidth == 1 ? 0 : head)] * (value - kept)
            }
            written[column] = value
          }
          for row in 0..<depth {
            for column in 0..<width {
              states[matrix + row * width + column] += k[firstKey + row] * written[column]
            }
          }
          for reader in head * group..<(head + 1) * group {
            for column in 0..<width {
              var sum = 0.0
              for row in 0..<depth {
                sum +=
                  q[(time * queryHeads + reader) * depth + row]
                  * states[matrix + row * width + column]
              }
              y[(time * queryHeads + reader) * width + column] = scale * sum
            }
          }
        }
      }
    }
  }
}

/// `CausalConvWithState`: each channel convolved along its length with what came before it, and a
/// function applied (`activation`: `none`, `silu` or `swish`); opset 27.
///
/// Input `[B, C, L]`, weight `[C, 1, k]`, bias `[C]`, past state `[B, C, k - 1]` (zeros where left out).
/// Outputs: `[B, C, L]` and the last k - 1 elements of the past and the input.
enum CausalConvWithState: ArithmeticOperator {
  private enum Function: String, CaseIterable { case none, silu, swish }

  static let type = "CausalConvWithState"
  static let opsets = 26...newestOpset
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...4)
    try node.expectOutputs(atMost: 2)
    try node.expectFloatingPoint(0...3)
    let (x, weight) = try (node.operand(0), node.operand(1))
    try x.expectRank(3, as: "input 0", "[B,C,L]")
    let (batch, channels, length) = (x.shape[0], x.shape[1], x.shape[2])
    guard weight.shape.rank == 3, weight.shape[0] == channels, weight.shape[1] == 1,
      weight.shape[2] > 0
    else { throw OperatorError("weight has shape \(weight.shape), expected [\(channels),1,k]") }
    let kernel = weight.shape[2]
    let state = try Shape(validating: [batch, channels, kernel - 1])
    if let past = node.optionalOperand(3), past.shape != state {
      throw OperatorError("past_state has shape \(past.shape), expected \(state)")
    }
    if let bias = node.optionalOperand(2), bias.shape != [channels] {
      throw OperatorError("bias has shape \(bias.shape), expected [\(channels)]")
    }
    let function = try node.choice("activation", default: Function.none)
    return .inDoubles([.init(x.elementType, x.shape), .init(x.elementType, state)]) { run in
      let (x, w, y, present) = (run.input(0), run.input(1), run.output(0), run.output(1))
      let (bias, past) = (run.optional(2), run.optional(3))
      run.run.team.forEachIndex(batch * channels) { row in
        /// The element at a place counted from the input's first.
        func element(_ place: Int) -> Double {
          place >= 0
            ? x[row * length + place] : past.map { $0[(row + 1) * (kernel - 1) + place] } ?? 0
        }
        let channel = row % channels
        for place in 0..<length {
          var sum = bias?[channel] ?? 0
          for tap in 0..<kernel {
            sum += w[channel * kernel + tap] * element(place - kernel + 1 + tap)
          }
          y[row * length + place] = function == .none ? sum : sum * Activations.sigmoid(sum)
        }
        for place in 0..<kernel - 1 {
          present[row * (kernel - 1) + place] = element(length - kernel + 1 + place)
        }
      }
    }
  }
}
