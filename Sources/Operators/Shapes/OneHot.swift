import Kernels
import Tensors

/// `OneHot`: a new axis (`axis`, the last by default) of `depth` places, where `values[1]` stands at the
/// place that the index names and `values[0]` elsewhere; opsets 9 and 11. Indices from `-depth` count
/// from the end; those outside name no place.
enum OneHot: Operator {
  static let type = "OneHot"
  static let opsets = 9...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(3...3)
    let (indices, values) = try (node.operand(0), node.operand(2))
    guard indices.elementType != .bool, values.shape == [2] else {
      throw OperatorError(
        "indices are \(indices.elementType) and values \(values.shape), expected numbers and [2]")
    }
    let depths = try node.value(1).cast(to: .int64, team: ThreadTeam(threadCount: 1))
    guard depths.shape.elementCount == 1,
      let depth = Int(exactly: depths.elements(of: Int64.self)[0]),
      depth >= 0
    else { throw OperatorError("input 1 (depth), expected one number of at least 0") }
    let axis = try normalized(axis: node.int("axis") ?? -1, rank: indices.shape.rank + 1)
    var dimensions = indices.shape.dimensions
    dimensions.insert(depth, at: axis)
    let shape = try Shape(validating: dimensions)
    let stride = indices.shape.elementCount(in: axis..<indices.shape.rank)
    let bytes = values.elementType.byteCount
    return PreparedNode(values.elementType, shape) { run in
      guard shape.elementCount > 0 else { return }
      let places = run.inputs[0]!.cast(to: .int64, team: run.team)
      let (off, output) = (run.inputBytes(2), run.outputBytes())
      let fill = StridedCopy(
        dimensions: [shape.elementCount], from: [0], to: [1], elementBytes: bytes)
      fill.run(from: off, to: output, team: run.team)
      places.withElements(of: Int64.self) { places in
        for (index, place) in places.enumerated() {
          guard (-Int64(depth)..<Int64(depth)).contains(place) else { continue }
          let chosen = Int(place < 0 ? place + Int64(depth) : place)
          let element = (index / stride * depth + chosen) * stride + index % stride
          (output + element * bytes).copyMemory(from: off + bytes, byteCount: bytes)
        }
      }
    }
  }
}
