import Kernels
import ONNXGraph
import Tensors

/// The weights of a window of so many places, of which `periodic` (1 by default) leaves out the last.
protocol WindowOperator: Operator {
  /// The weight at a place whose angle goes from 0 to 2 pi.
  static func weight(_ angle: Double) -> Double
}

extension WindowOperator {
  package static var opsets: ClosedRange<Int> { 17...newestOpset }

  package static func inFloat64(_ node: Node) -> Node {
    node.inFloat64(typeIn: "output_datatype", default: .float32)
  }

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let sizes = try node.integers(0)
    guard sizes.count == 1, (0...1 << 24).contains(sizes[0]) else {
      throw OperatorError("input 0 is \(sizes), expected one size of 0 to \(1 << 24)")
    }
    let type = try node.optionalElementType("output_datatype") ?? .float32
    let count = sizes[0]
    let period = Double(try node.flag("periodic", default: true) ? count : count - 1)
    let weights = (0..<count).map { weight(2 * Double.pi * Double($0) / period) }
    return .constants([Tensor(weights).cast(to: type, team: ThreadTeam(threadCount: 1))])
  }
}

/// `0.5 - 0.5 cos`; opset 17.
enum HannWindow: WindowOperator {
  static let type = "HannWindow"
  static func weight(_ angle: Double) -> Double { 0.5 - 0.5 * Double.cos(angle) }
}

/// `25/46 - 21/46 cos`; opset 17.
enum HammingWindow: WindowOperator {
  static let type = "HammingWindow"
  static func weight(_ angle: Double) -> Double { (25 - 21 * Double.cos(angle)) / 46 }
}

/// `0.42 - 0.5 cos + 0.08 cos` of twice the angle; opset 17.
enum BlackmanWindow: WindowOperator {
  static let type = "BlackmanWindow"
  static func weight(_ angle: Double) -> Double {
    0.42 - 0.5 * Double.cos(angle) + 0.08 * Double.cos(2 * angle)
  }
}
