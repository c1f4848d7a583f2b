import Kernels
import Tensors

/// `NonZero`: where the elements that are not zero (or are true) stand, as int64 `[rank, n]` by
/// place; opsets 9 and 13. As ONNX states it, a scalar gives `[0, n]`.
enum NonZero: Operator {
  static let type = "NonZero"
  static let choosesByValue = true
  static let opsets = 9...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let tensor = try node.value(0)
    let places = tensor.cast(to: .bool, team: ThreadTeam(threadCount: 1))
      .withElements(of: Bool.self) { elements in elements.indices.filter { elements[$0] } }
    let shape = try Shape(validating: [tensor.shape.rank, places.count])
    let coordinates = Tensor(Int64.self, shape: shape) { result in
      for (axis, stride) in tensor.shape.strides.enumerated() {
        for (column, place) in places.enumerated() {
          result.initializeElement(
            at: axis * places.count + column, to: Int64(place / stride % tensor.shape[axis]))
        }
      }
    }
    return .constants([coordinates])
  }
}
