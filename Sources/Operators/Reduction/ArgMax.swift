import Kernels
import Tensors

/// Where along an axis the largest element stands: the first such place, or the last
/// (`select_last_index`). NaN counts as larger than every number.
struct ArgMax: ArithmeticOperator {
  static let type = "ArgMax"
  static let choosesByValue = true
  static let revisions = [Revision(12, attributes: "select_last_index")]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.search(forSmallest: false)
  }
}

/// Where along an axis the smallest element stands: the first such place, or the last
/// (`select_last_index`). NaN counts as smaller than every number.
struct ArgMin: ArithmeticOperator {
  static let type = "ArgMin"
  static let choosesByValue = true
  static let revisions = [Revision(12, attributes: "select_last_index")]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.search(forSmallest: true)
  }
}

extension NodeReader {
  fileprivate mutating func search(forSmallest seeksSmallest: Bool) throws -> PreparedNode {
    try expectInputs(1...1)
    let operand = try operand(0)
    let keepsDimensions = try flag("keepdims", default: true)
    let selectsLast = try opset >= 12 && flag("select_last_index", default: false)
    let requested = try int("axis") ?? 0
    guard let axis = operand.shape.normalized(axis: requested) else {
      throw OperatorError("axis \(requested) does not fit the shape \(operand.shape)")
    }
    var search = Search(
      operand.shape, axis: axis, selectsLast: selectsLast, seeksSmallest: seeksSmallest)
    var dimensions = operand.shape.dimensions
    dimensions.replaceSubrange(axis...axis, with: keepsDimensions ? [1] : [])
    let shape = Shape(dimensions)
    search.shape = shape
    guard search.count > 0 || shape.elementCount == 0 else {
      throw OperatorError(
        "axis \(axis) of the shape \(operand.shape) has no elements to choose from")
    }
    return try search.node(for: operand.elementType)
  }
}

/// A search along one axis of a shape.
private struct Search: NumericPreparation, Sendable {
  /// The length of the axis.
  let count: Int
  /// How far apart neighbours along it are.
  private let stride: Int
  private let selectsLast: Bool
  private let seeksSmallest: Bool
  /// The shape of the result.
  var shape: Shape = []

  init(_ shape: Shape, axis: Int, selectsLast: Bool, seeksSmallest: Bool) {
    count = shape[axis]
    stride = shape.elementCount(in: axis + 1..<shape.rank)
    self.selectsLast = selectsLast
    self.seeksSmallest = seeksSmallest
  }

  func node<T: NumericElement>(_: T.Type) -> PreparedNode {
    PreparedNode(.int64, shape) { run in
      let input = run.input(0, of: T.self)
      let output = run.output(of: Int64.self)
      let chunk = max(ThreadTeam.chunkSize / max(count, 1), 1)
      run.team.forEachChunk(of: output.count, chunk: chunk) {
        for result in $0 {
          let start = result / stride * stride * count + result % stride
          let elements = input.baseAddress! + start
          output[result] = Int64(
            seeksSmallest ? place(in: elements) { $0 < $1 } : place(in: elements) { $0 > $1 })
        }
      }
    }
  }

  @inline(__always)
  private func place<T: NumericElement>(
    in elements: UnsafePointer<T>, _ isBetter: (T, T) -> Bool
  ) -> Int {
    var best = elements[0]
    var place = 0
    for index in 1..<max(count, 1) {
      let element = elements[index * stride]
      // Only NaN differs from itself.
      let isBetter = isBetter(element, best) || (element != element && best == best)
      let isAsGood = element == best || (element != element && best != best)
      if isBetter || (selectsLast && isAsGood) {
        best = element
        place = index
      }
    }
    return place
  }
}
