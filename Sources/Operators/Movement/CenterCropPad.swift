import Kernels
import Tensors

/// `CenterCropPad`: the middle of the input, or the input in the middle of zeros, so that the sizes along
/// `axes` (all by default) are those of input 1; opset 18. Of an odd difference the larger half is
/// behind.
enum CenterCropPad: Operator {
  static let type = "CenterCropPad"
  static let opsets = 18...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let x = try node.operand(0)
    let axes = try normalized(
      axes: node.ints("axes") ?? Array(x.shape.indices), rank: x.shape.rank)
    let sizes = try node.integerList(1)
    guard sizes.count == axes.count else {
      throw OperatorError("input 1 has \(sizes.count) sizes, expected \(axes.count) as axes has")
    }
    if sizes.isEmpty { return .reshaping(x, to: x.shape) }
    var dimensions = x.shape.dimensions
    for (axis, size) in zip(axes, sizes) { dimensions[axis] = size }
    let shape = try Shape(validating: dimensions)
    let common = zip(x.shape, shape).map { min($0, $1) }
    let bytes = x.elementType.byteCount
    func start(_ shape: Shape) -> Int {
      zip(zip(shape, common), shape.strides).reduce(0) { $0 + ($1.0.0 - $1.0.1) / 2 * $1.1 } * bytes
    }
    let (source, target) = (start(x.shape), start(shape))
    let isEmpty = common.contains(0)
    let copy = StridedCopy(
      dimensions: common, from: x.shape.strides, to: shape.strides, elementBytes: bytes)
    return PreparedNode(x.elementType, shape) { run in
      run.outputs[0].unsafeBytes.initializeMemory(as: UInt8.self, repeating: 0)
      guard !isEmpty else { return }
      copy.run(from: run.inputBytes(0) + source, to: run.outputBytes() + target, team: run.team)
    }
  }
}
