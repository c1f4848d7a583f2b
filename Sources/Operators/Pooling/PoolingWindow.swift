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

  private enum AutoPad: String, CaseIterable {
    case notSet = "NOTSET"
    case sameUpper = "SAME_UPPER"
    case sameLower = "SAME_LOWER"
    case valid = "VALID"
  }

  /// - Parameter dilationsSince: the first opset that knows the attribute `dilations`.
  init(_ node: inout NodeReader, dilationsSince: Int) throws {
    let shape = try node.operand(0).shape
    let rank = shape.rank - 2
    guard (1...3).contains(rank) else {
      throw OperatorError("input of shape \(shape), expected one to three spatial dimensions")
    }
    guard let kernel = try node.ints("kernel_shape") else {
      throw OperatorError("attribute kernel_shape is missing")
    }
    let ones = [Int](repeating: 1, count: rank)
    let strides = try node.ints("strides") ?? ones
    let dilations = node.opset >= dilationsSince ? try node.ints("dilations") ?? ones : ones
    let pads = try node.ints("pads") ?? [Int](repeating: 0, count: 2 * rank)
    let roundsUp = node.opset >= 10 ? try node.flag("ceil_mode", default: false) : false
    let autoPad = try node.choice("auto_pad", default: AutoPad.notSet)
    for (name, values, count, least) in [
      ("kernel_shape", kernel, rank, 1), ("strides", strides, rank, 1),
      ("dilations", dilations, rank, 1), ("pads", pads, 2 * rank, 0),
    ] {
      guard values.count == count, values.allSatisfy({ $0 >= least && $0 <= Int32.max }) else {
        throw OperatorError(
          "attribute \(name) is \(values), expected \(count) numbers from \(least) to \(Int32.max)")
      }
    }

    var axes: [WindowAxis] = []
    var paddingsAfter: [Int] = []
    for axis in 0..<rank {
      let input = shape[axis + 2]
      let extent = (kernel[axis] - 1) * dilations[axis] + 1
      var padding = (before: 0, after: 0)
      let output: Int
      switch autoPad {
      case .notSet:
        padding = (pads[axis], pads[axis + rank])
        guard max(padding.before, padding.after) < kernel[axis] else {
          throw OperatorError(
            "attribute pads is \(pads), expected each below its kernel_shape \(kernel)")
        }
        output = Self.outputLength(
          input: input, padding: padding, extent: extent, stride: strides[axis],
          roundsUp: roundsUp)
      case .valid:
        output = Self.outputLength(
          input: input, padding: padding, extent: extent, stride: strides[axis], roundsUp: false)
      case .sameUpper, .sameLower:
        output = (input + strides[axis] - 1) / strides[axis]
        let total = max(0, (output - 1) * strides[axis] + extent - input)
        let smaller = total / 2
        padding =
          autoPad == .sameUpper ? (smaller, total - smaller) : (total - smaller, smaller)
      }
      guard output >= 0 else {
        throw OperatorError(
          "a window of \(extent) over \(input) elements padded by \(padding.before) and "
            + "\(padding.after), expected one that fits")
      }
      axes.append(
        WindowAxis(
          input: input, output: output, kernel: kernel[axis], stride: strides[axis],
          dilation: dilations[axis], padding: padding.before))
      paddingsAfter.append(padding.after)
    }
    planes = shape[0] * shape[1]
    outputShape = try Shape(validating: [shape[0], shape[1]] + axes.map { $0.output })
    let missing = 3 - rank
    self.axes = [WindowAxis](repeating: .single, count: missing) + axes
    self.paddingsAfter = [Int](repeating: 0, count: missing) + paddingsAfter
  }

  /// With `roundsUp` a last window may reach over the end, but never begin in the padding there.
  /// Negative when not even a smaller window fits.
  private static func outputLength(
    input: Int, padding: (before: Int, after: Int), extent: Int, stride: Int, roundsUp: Bool
  ) -> Int {
    let room = input + padding.before + padding.after - extent
    let slack = roundsUp ? stride - 1 : 0
    let output = floorDivision(room + slack, stride) + 1
    return roundsUp && (output - 1) * stride >= input + padding.before ? output - 1 : output
  }

  private static func floorDivision(_ a: Int, _ b: Int) -> Int {
    a >= 0 ? a / b : -((-a - 1) / b) - 1
  }
}
