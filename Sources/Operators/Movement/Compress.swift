import Kernels
import Tensors

/// `Compress`: the slices along `axis`, or without it the elements, at whose place `condition` (a list of
/// bools that may be shorter) holds; opset 9.
enum Compress: Operator {
  static let type = "Compress"
  static let opsets = 9...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let x = try node.operand(0)
    let condition = try node.value(1)
    guard condition.elementType == .bool, condition.shape.rank == 1 else {
      throw OperatorError(
        "input 1 is \(condition.elementType)\(condition.shape), expected a list of bools")
    }
    let axis = try node.int("axis").map { try normalized(axis: $0, rank: x.shape.rank) }
    let length = axis.map { x.shape[$0] } ?? x.shape.elementCount
    let chosen = condition.elements(of: Bool.self).enumerated().filter(\.element).map(\.offset)
    if let last = chosen.last, last >= length {
      throw OperatorError("input 1 chooses place \(last), expected 0 to \(length - 1)")
    }
    var dimensions = [chosen.count]
    if let axis {
      dimensions = x.shape.dimensions
      dimensions[axis] = chosen.count
    }
    let shape = try Shape(validating: dimensions)
    let inner = axis.map { x.shape.elementCount(in: $0 + 1..<x.shape.rank) } ?? 1
    let outer = axis.map { x.shape.elementCount(in: 0..<$0) } ?? 1
    let bytes = inner * x.elementType.byteCount
    return PreparedNode(x.elementType, shape) { run in
      guard shape.elementCount > 0 else { return }
      let (from, to) = (run.inputBytes(0), run.outputBytes())
      for row in 0..<outer {
        for (index, place) in chosen.enumerated() {
          (to + (row * chosen.count + index) * bytes).copyMemory(
            from: from + (row * length + place) * bytes, byteCount: bytes)
        }
      }
    }
  }
}
