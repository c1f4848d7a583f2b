import Kernels
import Tensors

/// `Split`: consecutive parts of the input along `axis`.
///
/// The parts' lengths are an attribute before opset 13 and an input from then on; without them the
/// parts are equal, and from opset 18 on (`num_outputs`) the last may be shorter.
enum Split: Operator {
  static let type = "Split"
  static let rearranges = true
  static let revisions: [Revision] = [13, Revision(18) { !$0.hasInput(1) }]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let given: [Int]?
    var parts = node.outputCount
    switch node.opset {
    case ..<13:
      try node.expectInputs(1...1)
      given = try node.ints("split")
    case ..<18:
      try node.expectInputs(1...2)
      given = try node.optionalIntegerList(1)
    default:
      try node.expectInputs(1...2)
      given = try node.optionalIntegerList(1)
      let count = try node.int("num_outputs")
      guard (given == nil) != (count == nil) else {
        throw OperatorError("expected either input 1 (split) or attribute num_outputs")
      }
      parts = count ?? parts
    }
    let data = try node.operand(0)
    let axis = try node.axis(default: 0, of: data.shape)
    guard parts == node.outputCount, parts > 0 else {
      throw OperatorError("\(node.outputCount) outputs, expected \(parts)")
    }
    let lengths =
      try given
      ?? equalParts(parts, of: data.shape[axis], lastMayBeShorter: node.opset >= 18)
    try check(lengths, count: parts, length: data.shape[axis])
    return try split(data, along: axis, into: lengths)
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0), let axis = node.axis(0, rank: input.shape.count) else {
      return nil
    }
    let given = node.opset < 13 ? node.ints("split") : node.integers(1)
    let isGiven = node.opset < 13 ? given != nil : node.hasInput(1)
    var parts = given
    if !isGiven, let whole = input.shape[axis].fixed {
      let count = node.node.outputs.count
      parts = count > 0 && whole % count == 0 ? [Int](repeating: whole / count, count: count) : nil
    }
    guard let parts, parts.count == node.node.outputs.count else { return nil }
    return parts.map { part in
      var shape = input.shape
      shape[axis] = Size(part)
      return SymbolicTensor(input.elementType, shape)
    }
  }

  private static func equalParts(
    _ count: Int, of length: Int, lastMayBeShorter: Bool
  ) throws -> [Int] {
    let part = (length + count - 1) / count
    let last = length - part * (count - 1)
    guard last == part || (lastMayBeShorter && last >= 0) else {
      throw OperatorError("a dimension of \(length), expected one that splits in \(count)")
    }
    return [Int](repeating: part, count: count - 1) + [last]
  }

  private static func check(_ lengths: [Int], count: Int, length: Int) throws {
    var rest = length
    for part in lengths where rest >= 0 { rest = part < 0 ? -1 : rest - part }
    guard lengths.count == count, rest == 0 else {
      throw OperatorError(
        "split is \(lengths), expected \(count) lengths that add up to \(length)")
    }
  }

  private static func split(
    _ data: Operand, along axis: Int, into lengths: [Int]
  ) throws -> PreparedNode {
    let shapes = try lengths.map { length in
      var dimensions = data.shape.dimensions
      dimensions[axis] = length
      return try Shape(validating: dimensions)
    }
    if shapes.count == 1 { return .reshaping(data, to: shapes[0]) }
    let parts = TensorParts(of: data.shape, along: axis, lengths: lengths)
    return taking(parts, shapes, data.elementType, places: Array(shapes.indices))
  }

  /// - Parameter places: of the parts that become outputs.
  private static func taking(
    _ parts: TensorParts, _ shapes: [Shape], _ elementType: ElementType, places: [Int]
  ) -> PreparedNode {
    let width = elementType.byteCount
    let copies = parts.copies(elementBytes: width)
    var node = PreparedNode(
      outputs: places.map { .init(elementType, shapes[$0]) },
      body: .compute { run in
        for (output, place) in places.enumerated() {
          copies[place].splitting.run(
            from: run.inputBytes(0) + copies[place].offset * width, to: run.outputBytes(output),
            team: run.team)
        }
      })
    node.takesApart = TakingApart(
      parts: TensorParts(of: parts.whole, along: parts.axis, places.map { parts.ranges[$0] })
    ) { taking(parts, shapes, elementType, places: $0.map { places[$0] }) }
    return node
  }
}
