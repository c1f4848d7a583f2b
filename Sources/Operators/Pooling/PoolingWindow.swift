import Kernels
import Tensors

/// The window of a pooling node: its attributes applied to the input's shape `[N, C, spatial…]`.
struct PoolingWindow: Sendable {
  /// Three, outermost first; those the input lacks come first, of length 1.
  let axes: [WindowAxis]
  /// Positions after the last input element, for each axis; what `ceil_mode` adds is not counted.
  let paddingsAfter: [Int]
  /// `N` times `C`.
  let planes: Int
  let outputShape: Shape

  /// - Parameters:
  ///   - dilationsSince: the first opset that knows the attribute `dilations`.
  ///   - roundsUpSince: the first that knows `ceil_mode`.
  init(_ node: inout NodeReader, dilationsSince: Int, roundsUpSince: Int = 10) throws {
    let shape = try node.operand(0).shape
    let rank = shape.rank - 2
    guard (1...3).contains(rank) else {
      throw OperatorError("input of shape \(shape), expected one to three spatial dimensions")
    }
    guard let kernel = try node.ints("kernel_shape") else {
      throw OperatorError("attribute kernel_shape is missing")
    }
    let spatial = Array(shape.dimensions[2...])
    let window = try node.window(
      over: spatial, kernel: kernel,
      roundUp: node.opset >= roundsUpSince ? try node.flag("ceil_mode", default: false) : false,
      allowsDilations: node.opset >= dilationsSince)
    for axis in 0..<rank {
      let reach = (kernel[axis] - 1) * window.dilations[axis] + 1
      guard max(window.padsBegin[axis], window.padsEnd[axis]) < reach else {
        throw OperatorError(
          "pads \(window.padsBegin) and \(window.padsEnd), expected fewer than a window reaches")
      }
    }
    let missing = 3 - rank
    axes =
      [WindowAxis](repeating: .single, count: missing)
      + (0..<rank).map { axis in
        WindowAxis(
          input: spatial[axis], output: window.output[axis], kernel: kernel[axis],
          stride: window.strides[axis], dilation: window.dilations[axis],
          padding: window.padsBegin[axis])
      }
    paddingsAfter = [Int](repeating: 0, count: missing) + window.padsEnd
    planes = shape[0] * shape[1]
    outputShape = try Shape(validating: shape.prefix(2) + window.output)
  }
}
