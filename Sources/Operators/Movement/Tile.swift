import Tensors

/// `Tile`: the input repeated along each dimension as often as the second input says.
enum Tile: Operator {
  static let type = "Tile"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let data = try node.operand(0)
    let repeats = try node.integerList(1)
    guard repeats.count == data.shape.rank else {
      throw OperatorError(
        "\(repeats.count) repeats for \(data.shape), expected \(data.shape.rank)")
    }
    let dimensions = zip(repeats, data.shape).flatMap { [$0, $1] }
    let repeated = try Shape(validating: dimensions)
    let shape = Shape(repeats.indices.map { repeated[2 * $0] * repeated[2 * $0 + 1] })
    return .copying(
      data, to: shape, dimensions: dimensions, strides: data.shape.strides.flatMap { [0, $0] })
  }
}
