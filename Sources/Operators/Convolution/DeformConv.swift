import Kernels
import Tensors

/// `DeformConv`: a convolution whose taps read, bilinearly and with zeros outside, where offsets move
/// them; opsets 19, 22.
///
/// X `[N, C, H, W]`, W `[M, C/group, kh, kw]`, offsets `[N, og * kh * kw * 2, oh, ow]` of row and column
/// for each tap, B `[M]`, mask `[N, og * kh * kw, oh, ow]` that each tap is multiplied by; og is
/// `offset_group`. Computed in float64.
enum DeformConv: ArithmeticOperator {
  static let type = "DeformConv"
  static let opsets = 19...newestOpset
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(3...5)
    let convolution = try Deformed(&node)
    let x = try node.operand(0)
    return .inDoubles(x.elementType, convolution.shape) { convolution.compute($0) }
  }
}

private struct Deformed: Sendable {
  private let x: Shape
  private let groups: Int
  private let offsetGroups: Int
  private let window: Window
  /// Input channels of a group.
  private let channels: Int
  let shape: Shape

  init(_ node: inout NodeReader) throws {
    let (data, weights, offsets) = try (node.operand(0), node.operand(1), node.operand(2))
    try node.expectFloatingPoint(0...4)
    try data.expectRank(4, as: "X", "[N,C,H,W]")
    try weights.expectRank(4, as: "W", "[M,C/group,kh,kw]")
    x = data.shape
    groups = try node.int("group") ?? 1
    offsetGroups = try node.int("offset_group") ?? 1
    channels = weights.shape[1]
    guard groups >= 1, offsetGroups >= 1, weights.shape[0] % groups == 0, x[1] % groups == 0,
      x[1] / groups == channels, x[1] % offsetGroups == 0
    else {
      throw OperatorError(
        "\(x[1]) input channels in \(groups) groups and \(offsetGroups) of offsets do not fit W "
          + "\(weights.shape)")
    }
    let kernel = Array(weights.shape.dimensions[2...])
    if let declared = try node.ints("kernel_shape"), declared != kernel {
      throw OperatorError("attribute kernel_shape is \(declared), but W is \(weights.shape)")
    }
    window = try node.window(over: Array(x.dimensions[2...]), kernel: kernel)
    shape = try Shape(validating: [x[0], weights.shape[0]] + window.output)
    let taps = kernel[0] * kernel[1]
    let expected = [x[0], offsetGroups * taps * 2] + window.output
    guard offsets.shape.dimensions == expected else {
      throw OperatorError("the offsets have shape \(offsets.shape), expected \(Shape(expected))")
    }
    if let bias = node.optionalOperand(3), bias.shape != [shape[1]] {
      throw OperatorError("B has shape \(bias.shape), expected [\(shape[1])]")
    }
    if let mask = node.optionalOperand(4),
      mask.shape.dimensions != [x[0], offsetGroups * taps] + window.output
    {
      throw OperatorError("the mask has shape \(mask.shape), expected one number for each offset")
    }
  }

  func compute(_ run: DoubleRun) {
    let (data, weights, offsets) = (run.input(0), run.input(1), run.input(2))
    let (bias, mask, output) = (run.optional(3), run.optional(4), run.output())
    let (rows, columns) = (window.output[0], window.output[1])
    let taps = window.kernel[0] * window.kernel[1]
    let places = rows * columns
    guard places > 0 else { return }
    run.run.team.forEachIndex(x[0] * rows) { index in
      let (image, row) = (index / rows, index % rows)
      var values = [Double](repeating: 0, count: x[1] * taps)
      for column in 0..<columns {
        let place = row * columns + column
        for group in 0..<offsetGroups {
          for tap in 0..<taps {
            let entry = (image * offsetGroups + group) * taps + tap
            let down = offsets[2 * entry * places + place]
            let across = offsets[(2 * entry + 1) * places + place]
            let factor = mask?[entry * places + place] ?? 1
            let (tapRow, tapColumn) = (tap / window.kernel[1], tap % window.kernel[1])
            let y =
              Double(row * window.strides[0] - window.padsBegin[0] + tapRow * window.dilations[0])
              + down
            let x =
              Double(
                column * window.strides[1] - window.padsBegin[1] + tapColumn * window.dilations[1])
              + across
            let size = self.x[1] / offsetGroups
            for channel in group * size..<(group + 1) * size {
              values[channel * taps + tap] = factor * sample(data, image, channel, y: y, x: x)
            }
          }
        }
        let perGroup = shape[1] / groups
        for result in 0..<shape[1] {
          var sum = bias?[result] ?? 0
          let first = result / perGroup * channels * taps
          for i in 0..<channels * taps {
            sum += weights[result * channels * taps + i] * values[first + i]
          }
          output[(image * shape[1] + result) * places + place] = sum
        }
      }
    }
  }

  private func sample(
    _ data: UnsafeBufferPointer<Double>, _ image: Int, _ channel: Int, y: Double, x: Double
  ) -> Double {
    let (height, width) = (self.x[2], self.x[3])
    guard y > -1, x > -1, y < Double(height), x < Double(width) else { return 0 }
    let map = (image * self.x[1] + channel) * height * width
    let (top, left) = (Int(y.rounded(.down)), Int(x.rounded(.down)))
    let (down, across) = (y - Double(top), x - Double(left))
    func element(_ row: Int, _ column: Int) -> Double {
      (0..<height).contains(row) && (0..<width).contains(column)
        ? data[map + row * width + column] : 0
    }
    return (1 - down) * ((1 - across) * element(top, left) + across * element(top, left + 1))
      + down * ((1 - across) * element(top + 1, left) + across * element(top + 1, left + 1))
  }
}
