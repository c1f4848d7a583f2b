import Kernels
import Tensors

/// Which scale and zero point belong to which elements of a tensor.
///
/// One for all, one for each position along an axis (`[D_axis]`), or, from opset 21 on, one for each
/// block of `block_size` elements along it, the scales then being of the tensor's rank.
struct ScaleLayout: Sendable {
  let shape: Shape
  /// Elements of the axis, of the block along it, and between neighbours along it.
  private let length: Int
  private let block: Int
  private let stride: Int
  /// How many scales there are along the axis; how far apart they are.
  private let scaleLength: Int
  private let scaleStride: Int
  let scaleCount: Int

  /// One scale for all elements.
  init(one shape: Shape) {
    self.init(
      shape: shape, length: 1, block: 1, stride: shape.elementCount, scaleLength: 1,
      scaleStride: 0, scaleCount: 1)
  }

  /// One scale for each position along an axis.
  init(_ shape: Shape, axis: Int) {
    self.init(
      shape: shape, length: shape[axis], block: 1,
      stride: shape.elementCount(in: axis + 1..<shape.rank), scaleLength: shape[axis],
      scaleStride: 0, scaleCount: shape[axis])
  }

  private init(
    shape: Shape, length: Int, block: Int, stride: Int, scaleLength: Int, scaleStride: Int,
    scaleCount: Int
  ) {
    self.shape = shape
    self.length = length
    self.block = block
    self.stride = stride
    self.scaleLength = scaleLength
    self.scaleStride = scaleStride
    self.scaleCount = scaleCount
  }

  /// The layout that a node of opset 10 or later, or of com.microsoft, states for input 0.
  init(_ node: inout NodeReader) throws {
    let (data, scale) = try (node.operand(0).shape, node.operand(1).shape)
    if let zeroPoint = node.optionalOperand(2)?.shape,
      zeroPoint != scale, zeroPoint.elementCount != 1 || scale.elementCount != 1
    {
      throw OperatorError("the zero point is \(zeroPoint), expected \(scale) as the scale is")
    }
    let hasAxis = !(10..<13).contains(node.opset)
    let axis = hasAxis ? try node.int("axis") ?? 1 : 1
    let block = node.opset >= 21 ? try node.int("block_size") ?? 0 : 0
    if scale.elementCount == 1, scale.rank <= 1, block == 0 {
      self.init(one: data)
      return
    }
    let position = try normalized(axis: axis, rank: data.rank)
    guard block != 0 else {
      guard hasAxis, scale.rank == 1, scale[0] == data[position] else {
        throw OperatorError(
          "the scale is \(scale), expected one number"
            + (hasAxis ? " or [\(data[position])], one for each place of axis \(axis)" : ""))
      }
      self.init(data, axis: position)
      return
    }
    var expected = data.dimensions
    if block > 0 { expected[position] = data[position] / block + (data[position] % block).signum() }
    guard block > 0, scale.dimensions == expected else {
      throw OperatorError(
        "the scale is \(scale) with block_size \(block), expected \(Shape(expected))")
    }
    let stride = data.elementCount(in: position + 1..<data.rank)
    self.init(
      shape: data, length: data[position], block: block, stride: stride,
      scaleLength: scale[position], scaleStride: stride, scaleCount: scale.elementCount)
  }

  /// Calls `body` with stretches of elements, each with its first element's scale and how far the
  /// scale moves from one element to the next (0 or 1), on all threads.
  func forEachRun(team: ThreadTeam, _ body: (Range<Int>, _ scale: Int, _ step: Int) -> Void) {
    guard shape.elementCount > 0 else { return }
    if length == 1, scaleStride == 0 {
      team.forEachChunk(of: shape.elementCount) { body($0, 0, 0) }
      return
    }
    let rows = shape.elementCount / stride
    team.forEachChunk(of: rows, chunk: max(ThreadTeam.chunkSize / stride, 1)) { chunk in
      for row in chunk {
        let place = row % length / block
        let scale =
          scaleStride == 0 ? place : (row / length * scaleLength + place) * scaleStride
        body(row * stride..<(row + 1) * stride, scale, scaleStride == 0 ? 0 : 1)
      }
    }
  }
}
