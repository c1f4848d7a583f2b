import Kernels
import Tensors

/// Where along an axis the largest element stands: the first such place, or the last
/// (`select_last_index`). NaN counts as larger than every number.
struct ArgMax: ArithmeticOperator {
  static let type = "ArgMax"
  static let revisions = [Revision(12, attributes: "select_last_index")]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let operand = try node.operand(0)
    let keepsDimensions = try node.flag("keepdims", default: true)
    let selectsLast = try node.opset >= 12 && node.flag("select_last_index", default: false)
    let requested = try node.int("axis") ?? 0
    guard let axis = operand.shape.normalized(axis: requested) else {
      throw OperatorError("axis \(requested) does not fit the shape \(operand.shape)")
    }
    let search = Search(operand.shape, axis: axis, selectsLast: selectsLast)
    var dimensions = operand.shape.dimensions
    dimensions.replaceSubrange(axis...axis, with: keepsDimensions ? [1] : [])
    let shape = Shape(dimensions)
    guard search.count > 0 || shape.elementCount == 0 else {
      throw OperatorError(
        "axis \(axis) of the shape \(operand.shape) has no elements to choose from")
    }
    return switch operand.elementType {
    case .float32: search.node(Float.self, shape)
    case .float64: search.node(Double.self, shape)
    case .int8: search.node(Int8.self, shape)
    case .int16: search.node(Int16.self, shape)
    case .int32: search.node(Int32.self, shape)
    case .int64: search.node(Int64.self, shape)
    case .uint8: search.node(UInt8.self, shape)
    case .uint16: search.node(UInt16.self, shape)
    case .uint32: search.node(UInt32.self, shape)
    case .uint64: search.node(UInt64.self, shape)
    default: throw OperatorError("input 0 is \(operand.elementType), expected numbers")
    }
  }
}

/// A search along one axis of a shape.
private struct Search: Sendable {
  /// The length of the axis.
  let count: Int
  /// How far apart neighbours along it are.
  private let stride: Int
  private let selectsLast: Bool

  init(_ shape: Shape, axis: Int, selectsLast: Bool) {
    count = shape[axis]
    stride = shape.elementCount(in: axis + 1..<shape.rank)
    self.selectsLast = selectsLast
  }

  func node<T: NumericElement>(_: T.Type, _ shape: Shape) -> PreparedNode {
    PreparedNode(.int64, shape) { run in
      let input = run.input(0, of: T.self)
      let output = run.output(of: Int64.self)
      let chunk = max(ThreadTeam.chunkSize / max(count, 1), 1)
      run.team.forEachChunk(of: output.count, chunk: chunk) {
        for result in $0 {
          let start = result / stride * stride * count + result % stride
          output[result] = Int64(largest(in: input.baseAddress! + start))
        }
      }
    }
  }

  private func largest<T: NumericElement>(in elements: UnsafePointer<T>) -> Int {
    var best = elements[0]
    var place = 0
    for index in 1..<max(count, 1) {
      let element = elements[index * stride]
      // Only NaN differs from itself.
      let isLarger = element > best || (element != element && best == best)
      let isAsLarge = element == best || (element != element && best != best)
      if isLarger || (selectsLast && isAsLarge) {
        best = element
        place = index
      }
    }
    return place
  }
}
