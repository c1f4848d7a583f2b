import Kernels
import Tensors

/// `RNN`: `h = f(W x + R h + b)` at every step; opsets 7, 14 (`layout`), 22.
enum RNN: RecurrentOperator {
  static let type = "RNN"
  static let kind = RecurrentLayer.Kind.plain
}

/// `GRU`: a state that an update gate holds and a reset gate leaves out of what is new; opsets 7, 14
/// (`layout`), 22.
enum GRU: RecurrentOperator {
  static let type = "GRU"
  static let kind = RecurrentLayer.Kind.gru
}

/// `LSTM`: a state and a cell with input, output and forget gates, which peepholes may show the cell;
/// opsets 7, 14 (`layout`), 22.
enum LSTM: RecurrentOperator {
  static let type = "LSTM"
  static let kind = RecurrentLayer.Kind.lstm
}

/// A recurrent layer: inputs X `[L, B, I]`, W `[D, G H, I]`, R `[D, G H, H]`, B `[D, 2 G H]`, lengths
/// `[B]`, the first states `[D, B, H]`, of an LSTM also the first cells and peepholes `[D, 3 H]`; outputs
/// `[L, D, B, H]`, the last states, the last cells. With `layout` 1 the batch comes first. Computed in
/// float64.
protocol RecurrentOperator: ArithmeticOperator {
  static var kind: RecurrentLayer.Kind { get }
}

extension RecurrentOperator {
  package static var accumulates: Bool { true }
  package static var revisions: [Revision] { [Revision(14, attributes: "layout")] }

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(3...(kind == .lstm ? 8 : 6))
    try node.expectOutputs(atMost: kind == .lstm ? 3 : 2)
    let layer = try RecurrentLayer(&node, kind)
    let type = try node.operand(0).elementType
    let states = PreparedNode.Output(type, layer.statesShape)
    let outputs = [.init(type, layer.shape), states] + (kind == .lstm ? [states] : [])
    return .inDoubles(outputs) { try layer.compute($0) }
  }
}

struct RecurrentLayer: Sendable {
  enum Kind { case plain, gru, lstm }

  private let kind: Kind
  private let steps: Int
  private let batch: Int
  private let width: Int
  private let size: Int
  private let directions: [Bool]
  private let functions: [RecurrentFunction]
  private let clip: Double?
  private let batchFirst: Bool
  private let resetsLate: Bool
  private let couplesForget: Bool
  private let hasLengths: Bool
  let shape: Shape
  let statesShape: Shape

  private var gates: Int { kind == .lstm ? 4 : kind == .gru ? 3 : 1 }

  init(_ node: inout NodeReader, _ kind: Kind) throws {
    self.kind = kind
    let (x, w, r) = try (node.operand(0), node.operand(1), node.operand(2))
    try x.expectFloatingPoint(as: "X")
    try x.expectRank(3, as: "X", "three dimensions")
    try w.expectRank(3, as: "W", "three dimensions")
    try r.expectRank(3, as: "R", "three dimensions")
    batchFirst = node.opset >= 14 ? try node.flag("layout", default: false) : false
    (steps, batch) = batchFirst ? (x.shape[1], x.shape[0]) : (x.shape[0], x.shape[1])
    width = x.shape[2]
    size = r.shape[2]
    let size = r.shape[2]
    switch try node.string("direction") ?? "forward" {
    case "forward": directions = [false]
    case "reverse": directions = [true]
    case "bidirectional": directions = [false, true]
    case let other:
      throw OperatorError(
        "attribute direction is '\(other)', expected one of: forward, reverse, bidirectional")
    }
    let count = directions.count
    let gates = kind == .lstm ? 4 : kind == .gru ? 3 : 1
    if let stated = try node.int("hidden_size"), stated != size {
      throw OperatorError("attribute hidden_size is \(stated), but R has shape \(r.shape)")
    }
    let states = batchFirst ? [batch, count, size] : [count, batch, size]
    let expected: [(Int, String, [Int])] = [
      (1, "W", [count, gates * size, width]), (2, "R", [count, gates * size, size]),
      (3, "B", [count, 2 * gates * size]), (5, "initial_h", states), (6, "initial_c", states),
      (7, "P", [count, 3 * size]),
    ]
    for (index, name, dimensions) in expected {
      guard let operand = node.optionalOperand(index) else { continue }
      guard operand.elementType == x.elementType, operand.shape.dimensions == dimensions else {
        throw OperatorError(
          "\(name) is \(operand.elementType)\(operand.shape), expected "
            + "\(x.elementType)[\(dimensions.map(String.init).joined(separator: ","))]")
      }
    }
    hasLengths = node.optionalOperand(4) != nil
    if let lengths = node.optionalOperand(4),
      lengths.elementType != .int32 || lengths.shape != [batch]
    {
      throw OperatorError(
        "sequence_lens is \(lengths.elementType)\(lengths.shape), expected int32[\(batch)]")
    }
    clip = try node.float("clip").map { Double($0) }
    if let clip, !(clip > 0) { throw OperatorError("attribute clip is \(clip), expected above 0") }
    resetsLate = kind == .gru ? try node.int("linear_before_reset") ?? 0 != 0 : false
    couplesForget = kind == .lstm ? try node.int("input_forget") ?? 0 != 0 : false
    functions = try RecurrentFunction.list(&node, kind, directions: count)
    shape = try Shape(
      validating: batchFirst ? [batch, steps, count, size] : [steps, count, batch, size])
    statesShape = try Shape(validating: states)
  }

  func compute(_ run: DoubleRun) throws {
    let lengths = hasLengths ? run.run.inputs[4]!.elements(of: Int32.self).map(Int.init) : nil
    if let outside = lengths?.first(where: { !(0...steps).contains($0) }) {
      throw OperatorError("sequence_lens holds \(outside), expected 0 to \(steps)")
    }
    run.output(0).update(repeating: 0)
    run.run.team.forEachIndex(directions.count * batch) { index in
      let (direction, entry) = (index / batch, index % batch)
      let state = (batchFirst ? entry * directions.count + direction : index) * size
      var h = run.optional(5).map { Array($0[state..<state + size]) } ?? zeros(size)
      var c = run.optional(6).map { Array($0[state..<state + size]) } ?? zeros(size)
      let length = lengths?[entry] ?? steps
      for step in 0..<length {
        let time = directions[direction] ? length - 1 - step : step
        advance(run, direction, (batchFirst ? entry * steps + time : time * batch + entry), &h, &c)
        let place =
          batchFirst
          ? (entry * steps + time) * directions.count + direction
          : (time * directions.count + direction) * batch + entry
        for i in 0..<size { run.output(0)[place * size + i] = h[i] }
      }
      for i in 0..<size {
        run.output(1)[state + i] = h[i]
        if kind == .lstm { run.output(2)[state + i] = c[i] }
      }
    }
  }

  private func zeros(_ count: Int) -> [Double] { [Double](repeating: 0, count: count) }

  /// One step: the state, and of an LSTM the cell, behind the input's row.
  private func advance(
    _ run: DoubleRun, _ direction: Int, _ row: Int, _ h: inout [Double], _ c: inout [Double]
  ) {
    let (x, w, r, b) = (run.input(0), run.input(1), run.input(2), run.optional(3))
    let rows = gates * size
    /// A gate's sum over the input, and over a state, with their biases.
    func fed(_ gate: Int, _ i: Int) -> Double {
      let line = direction * rows + gate * size + i
      var sum = b?[direction * 2 * rows + gate * size + i] ?? 0
      for k in 0..<width { sum += w[line * width + k] * x[row * width + k] }
      return sum
    }
    func kept(_ gate: Int, _ i: Int, _ state: [Double]) -> Double {
      let line = direction * rows + gate * size + i
      var sum = b?[direction * 2 * rows + rows + gate * size + i] ?? 0
      for k in 0..<size { sum += r[line * size + k] * state[k] }
      return sum
    }
    func apply(_ function: Int, _ value: Double) -> Double {
      let count = functions.count / directions.count
      return functions[direction * count + function](clip.map { min(max(value, -$0), $0) } ?? value)
    }
    let before = h
    switch kind {
    case .plain:
      for i in 0..<size { h[i] = apply(0, fed(0, i) + kept(0, i, before)) }
    case .gru:
      let z = (0..<size).map { apply(0, fed(0, $0) + kept(0, $0, before)) }
      let reset = (0..<size).map { apply(0, fed(1, $0) + kept(1, $0, before)) }
      let shown = zip(reset, before).map { $0 * $1 }
      for i in 0..<size {
        let old = resetsLate ? reset[i] * kept(2, i, before) : kept(2, i, shown)
        h[i] = (1 - z[i]) * apply(1, fed(2, i) + old) + z[i] * before[i]
      }
    case .lstm:
      let peepholes = run.optional(7)
      func peephole(_ gate: Int, _ i: Int, _ cell: Double) -> Double {
        peepholes.map { $0[(direction * 3 + gate) * size + i] * cell } ?? 0
      }
      for i in 0..<size {
        let input = apply(0, fed(0, i) + kept(0, i, before) + peephole(0, i, c[i]))
        let forget =
          couplesForget
          ? 1 - input : apply(0, fed(2, i) + kept(2, i, before) + peephole(2, i, c[i]))
        let cell = forget * c[i] + input * apply(1, fed(3, i) + kept(3, i, before))
        let output = apply(0, fed(1, i) + kept(1, i, before) + peephole(1, i, cell))
        c[i] = cell
        h[i] = output * apply(2, cell)
      }
    }
  }
}

/// A function that a recurrent layer's attribute `activations` names, in any case of letters.
struct RecurrentFunction: Sendable {
  private enum Name: String, CaseIterable {
    case relu, tanh, sigmoid, affine, leakyrelu, thresholdedrelu, scaledtanh, hardsigmoid, elu
    case softsign, softplus

    /// The defaults of `activation_alpha` and `activation_beta`; `nil` for a function without.
    var defaults: (alpha: Double?, beta: Double?) {
      switch self {
      case .affine: (1, 0)
      case .leakyrelu: (0.01, nil)
      case .thresholdedrelu, .elu: (1, nil)
      case .scaledtanh: (1, 1)
      case .hardsigmoid: (0.2, 0.5)
      case .relu, .tanh, .sigmoid, .softsign, .softplus: (nil, nil)
      }
    }
  }

  private let name: Name
  private let alpha: Double
  private let beta: Double

  /// For each direction the layer's one, two or three functions.
  static func list(
    _ node: inout NodeReader, _ kind: RecurrentLayer.Kind, directions: Int
  ) throws -> [RecurrentFunction] {
    let each =
      switch kind {
      case .plain: ["tanh"]
      case .gru: ["sigmoid", "tanh"]
      case .lstm: ["sigmoid", "tanh", "tanh"]
      }
    let names =
      try node.strings("activations")
      ?? [[String]](repeating: each, count: directions).flatMap { $0 }
    guard names.count == each.count * directions else {
      throw OperatorError(
        "attribute activations has \(names.count) names, expected \(each.count * directions)")
    }
    var alphas = (try node.floats("activation_alpha") ?? [])[...]
    var betas = (try node.floats("activation_beta") ?? [])[...]
    return try names.map { text in
      guard let name = Name(rawValue: text.lowercased()) else {
        let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
        throw OperatorError("attribute activations holds '\(text)', expected one of: \(known)")
      }
      let (alpha, beta) = name.defaults
      return RecurrentFunction(
        name: name, alpha: alpha.map { alphas.popFirst().map(Double.init) ?? $0 } ?? 0,
        beta: beta.map { betas.popFirst().map(Double.init) ?? $0 } ?? 0)
    }
  }

  func callAsFunction(_ x: Double) -> Double {
    switch name {
    case .relu: max(x, 0)
    case .tanh: Double.tanh(x)
    case .sigmoid: Activations.sigmoid(x)
    case .affine: alpha * x + beta
    case .leakyrelu: x < 0 ? alpha * x : x
    case .thresholdedrelu: x > alpha ? x : 0
    case .scaledtanh: alpha * Double.tanh(beta * x)
    case .hardsigmoid: min(max(alpha * x + beta, 0), 1)
    case .elu: x < 0 ? alpha * (Double.exp(x) - 1) : x
    case .softsign: x / (1 + abs(x))
    case .softplus: max(x, 0) + Double.log(1 + Double.exp(-abs(x)))
    }
  }
}
