import Kernels
import ONNXFormat
import Tensors

/// `Attention`: `softmax(scale * Q K' + mask) V` for each head; opsets 23, 24 (`nonpad_kv_seqlen`), 25.
///
/// Q `[B, Hq, L, D]`, K `[B, Hkv, S, D]`, V `[B, Hkv, S, Dv]`, or each `[B, L, H * D]` with the numbers of
/// heads as attributes; Hq is a multiple of Hkv, whose heads are each read by neighbouring ones. A mask
/// of bools or numbers is broadcast to `[B, Hq, L, S]` and may end early; past keys and values come
/// before the node's own. Outputs: Y, the keys and values with those of the past, and the products
/// (`qk_matmul_output_mode`). Computed in float64.
enum Attention: ArithmeticOperator {
  static let type = "Attention"
  static let opsets = 23...newestOpset
  static let accumulates = true
  static let allowsMixedPrecision = true
  static let revisions: [Revision] = [
    Revision(24) { $0.hasInput(6) },
    Revision(25, attributes: "left_window_size", "right_window_size"),
  ]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(3...7)
    try node.expectOutputs(atMost: 4)
    let heads = try AttentionHeads(&node)
    let type = try node.operand(0).elementType
    let outputs = [
      PreparedNode.Output(type, heads.result), .init(type, heads.presentKeys),
      .init(try node.operand(2).elementType, heads.presentValues), .init(type, heads.products),
    ]
    return .inDoubles(outputs) { try heads.compute($0) }
  }
}

/// The sizes of a node's tensors and how its products become weights.
private struct AttentionHeads: Sendable {
  private struct Matrices: Sendable {
    let heads: Int
    let rows: Int
    let columns: Int
    private let isFlat: Bool

    /// `[B, H, rows, columns]` or `[B, rows, H * columns]`.
    init(_ operand: Operand, heads: Int?, _ name: String) throws {
      try operand.expectFloatingPoint(as: name)
      let shape = operand.shape
      switch (shape.rank, heads) {
      case (4, _) where heads == nil || heads == shape[1]:
        (self.heads, rows, columns, isFlat) = (shape[1], shape[2], shape[3], false)
      case (3, let heads?) where heads > 0 && shape[2] % heads == 0:
        (self.heads, rows, columns, isFlat) = (heads, shape[1], shape[2] / heads, true)
      default:
        throw OperatorError(
          "\(name) has shape \(shape) and \(heads.map(String.init) ?? "no number of") heads, expected "
            + "[B,H,L,D], or [B,L,H*D] with their number")
      }
    }

    /// Where a row begins.
    func start(_ batch: Int, _ head: Int, _ row: Int) -> Int {
      isFlat
        ? ((batch * rows + row) * heads + head) * columns
        : ((batch * heads + head) * rows + row) * columns
    }

    func shape(_ batch: Int, columns: Int) throws -> Shape {
      try Shape(
        validating: isFlat ? [batch, rows, heads * columns] : [batch, heads, rows, columns])
    }

    func start(_ batch: Int, _ head: Int, _ row: Int, columns: Int) -> Int {
      isFlat
        ? ((batch * rows + row) * heads + head) * columns
        : ((batch * heads + head) * rows + row) * columns
    }
  }

  private let batch: Int
  private let queries: Matrices
  private let keys: Matrices
  private let values: Matrices
  private let past: Int
  private let scale: Double
  private let softcap: Double
  private let isCausal: Bool
  private let productsMode: Int
  private let mask: (shape: Shape, isBool: Bool)?
  private let hasLengths: Bool
  private let hasPast: Bool
  let result: Shape
  let presentKeys: Shape
  let presentValues: Shape
  let products: Shape

  init(_ node: inout NodeReader) throws {
    let (q, k, v) = try (node.operand(0), node.operand(1), node.operand(2))
    let keyHeads = try node.int("kv_num_heads")
    queries = try Matrices(q, heads: node.int("q_num_heads"), "Q")
    keys = try Matrices(k, heads: keyHeads, "K")
    values = try Matrices(v, heads: keyHeads, "V")
    batch = q.shape[0]
    guard k.shape[0] == batch, v.shape[0] == batch, keys.columns == queries.columns,
      keys.heads == values.heads, keys.rows == values.rows, keys.heads > 0,
      queries.heads % keys.heads == 0
    else {
      throw OperatorError(
        "Q \(q.shape), K \(k.shape) and V \(v.shape) with \(queries.heads) and \(keys.heads) heads do "
          + "not fit one another")
    }
    let (pastKey, pastValue) = (node.optionalOperand(4), node.optionalOperand(5))
    hasPast = pastKey != nil
    past = pastKey.map { $0.shape.rank == 4 ? $0.shape[2] : 0 } ?? 0
    for (operand, columns) in [(pastKey, keys.columns), (pastValue, values.columns)] {
      let expected = [batch, keys.heads, past, columns]
      guard (operand != nil) == hasPast, (operand?.shape.dimensions ?? expected) == expected else {
        throw OperatorError(
          "past_key and past_value, expected both or none, [\(batch),\(keys.heads),P,\(columns)]")
      }
      try operand?.expectFloatingPoint(as: "past_key or past_value")
    }
    let given = try node.float("scale") ?? 0
    scale = given == 0 ? 1 / Double(queries.columns).squareRoot() : Double(given)
    softcap = Double(try node.float("softcap") ?? 0)
    isCausal = try node.flag("is_causal", default: false)
    productsMode = try node.int("qk_matmul_output_mode") ?? 0
    _ = try node.optionalElementType("softmax_precision")
    guard (0...3).contains(productsMode) else {
      throw OperatorError("attribute qk_matmul_output_mode is \(productsMode), expected 0 to 3")
    }
    let total = past + keys.rows
    if let operand = node.optionalOperand(3) {
      let isBool = operand.elementType == .bool
      guard isBool || operand.elementType.isFloatingPoint, (1...4).contains(operand.shape.rank)
      else {
        throw OperatorError(
          "the mask is \(operand.elementType)\(operand.shape), expected bools or numbers of 1 to 4 "
            + "dimensions")
      }
      let padded = [Int](repeating: 1, count: 4 - operand.shape.rank) + operand.shape.dimensions
      guard [1, batch].contains(padded[0]), [1, queries.heads].contains(padded[1]),
        [1, queries.rows].contains(padded[2]), padded[3] <= total
      else {
        throw OperatorError(
          "the mask has shape \(operand.shape), expected one that broadcasts to "
            + "[\(batch),\(queries.heads),\(queries.rows),\(total)]")
      }
      mask = (Shape(padded), isBool)
    } else {
      mask = nil
    }
    hasLengths = node.optionalOperand(6) != nil
    if let lengths = node.optionalOperand(6),
      lengths.elementType != .int64 || lengths.shape != [batch] || node.opset < 24
    {
      throw OperatorError(
        "input 6 is \(lengths.elementType)\(lengths.shape) in opset \(node.opset), expected "
          + "int64[\(batch)] from opset 24 on")
    }
    result = try queries.shape(batch, columns: values.columns)
    presentKeys = try Shape(validating: [batch, keys.heads, total, keys.columns])
    presentValues = try Shape(validating: [batch, keys.heads, total, values.columns])
    products = try Shape(validating: [batch, queries.heads, queries.rows, total])
  }

  func compute(_ run: DoubleRun) throws {
    let keys = run.output(1)
    let values = run.output(2)
    join(run.optional(4), run.input(1), self.keys, into: keys)
    join(run.optional(5), run.input(2), self.values, into: values)
    let lengths = hasLengths ? run.run.input(6, of: Int64.self) : nil
    let masks = mask?.isBool == true ? run.run.input(3, of: Bool.self) : nil
    let addends = mask?.isBool == false ? run.input(3) : nil
    let total = past + self.keys.rows
    let (q, y, products) = (run.input(0), run.output(0), run.output(3))
    let group = queries.heads / self.keys.heads
    run.run.team.forEachIndex(batch * queries.heads * queries.rows) { index in
      let row = index % queries.rows
      let (image, head) = (
        index / queries.rows / queries.heads, index / queries.rows % queries.heads
      )
      let query = q.baseAddress! + queries.start(image, head, row)
      let first = (image * self.keys.heads + head / group) * total
      let shown = products.baseAddress! + index * total
      withUnsafeTemporaryAllocation(of: Double.self, capacity: max(total, 1)) { weights in
        for place in 0..<total {
          let key = keys.baseAddress! + (first + place) * queries.columns
          var product = 0.0
          for i in 0..<queries.columns { product += query[i] * key[i] }
          product *= scale
          if softcap > 0 { product = softcap * Double.tanh(product / softcap) }
          if productsMode < 2 { shown[place] = product }
          if isCausal, place > row + past { product = -.infinity }
          product += bias(image, head, row, place, masks, addends)
          if let lengths, place >= lengths[image] { product = -.infinity }
          if productsMode == 2 { shown[place] = product }
          weights.initializeElement(at: place, to: product)
        }
        let weights = UnsafeMutableBufferPointer(rebasing: weights[..<total])
        let largest = weights.reduce(-Double.infinity) { FloatingMax<Double>.combine($0, $1) }
        var sum = 0.0
        for place in 0..<total {
          // A row that no key is shown to is zero.
          weights[place] = largest == -.infinity ? 0 : Double.exp(weights[place] - largest)
          sum += weights[place]
        }
        if largest == -.infinity { sum = 1 }
        let output =
          y.baseAddress! + queries.start(image, head, row, columns: self.values.columns)
        output.update(repeating: 0, count: self.values.columns)
        for place in 0..<total {
          let weight = weights[place] / sum
          if productsMode == 3 { shown[place] = weight }
          let value = values.baseAddress! + (first + place) * self.values.columns
          for i in 0..<self.values.columns { output[i] += weight * value[i] }
        }
      }
    }
  }

  private func bias(
    _ image: Int, _ head: Int, _ row: Int, _ place: Int, _ masks: UnsafeBufferPointer<Bool>?,
    _ addends: UnsafeBufferPointer<Double>?
  ) -> Double {
    guard let shape = mask?.shape else { return 0 }
    let broadcasts = shape[3] == 1 && past + keys.rows > 1
    guard place < shape[3] || broadcasts else { return -.infinity }
    let outer =
      (shape[0] == 1 ? 0 : image * shape[1]) + (shape[1] == 1 ? 0 : head)
    let index =
      (outer * shape[2] + (shape[2] == 1 ? 0 : row)) * shape[3] + (broadcasts ? 0 : place)
    if let masks { return masks[index] ? 0 : -.infinity }
    return addends.map { $0[index] } ?? 0
  }

  /// Writes `[B, H, past + rows, columns]`.
  private func join(
    _ before: UnsafeBufferPointer<Double>?, _ own: UnsafeBufferPointer<Double>,
    _ matrices: Matrices,
    into whole: UnsafeMutableBufferPointer<Double>
  ) {
    guard !whole.isEmpty, let start = whole.baseAddress else { return }
    let columns = matrices.columns
    for image in 0..<batch {
      for head in 0..<matrices.heads {
        let target = start + (image * matrices.heads + head) * (past + matrices.rows) * columns
        if let before, past > 0 {
          target.update(
            from: before.baseAddress! + (image * matrices.heads + head) * past * columns,
            count: past * columns)
        }
        for row in 0..<matrices.rows {
          (target + (past + row) * columns).update(
            from: own.baseAddress! + matrices.start(image, head, row), count: columns)
        }
      }
    }
  }
}
