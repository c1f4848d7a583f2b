import Kernels
import Tensors

/// `Col2Im`: columns of patches summed into the image they were taken from; opset 18.
///
/// Input `[N, C * taps, positions]`, image and block shape int64 lists → `[N, C, image…]`, over one to
/// three dimensions.
enum Col2Im: ArithmeticOperator {
  static let type = "Col2Im"
  static let opsets = 18...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(3...3)
    let columns = try node.operand(0)
    let image = try node.integerList(1)
    let block = try node.integerList(2)
    let rank = image.count
    guard (1...3).contains(rank), block.count == rank,
      (image + block).allSatisfy({ (1..<1 << 31).contains($0) })
    else {
      throw OperatorError(
        "image \(image) and block \(block), expected one to three extents above 0 of each")
    }
    let strides = try node.extents("strides", count: rank, from: 1) ?? image.map { _ in 1 }
    let dilations = try node.extents("dilations", count: rank, from: 1) ?? image.map { _ in 1 }
    let pads = try node.extents("pads", count: 2 * rank, from: 0) ?? (image + image).map { _ in 0 }
    let positions = (0..<rank).map { axis in
      let room = image[axis] + pads[axis] + pads[axis + rank] - (block[axis] - 1) * dilations[axis]
      return room < 1 ? 0 : (room - 1) / strides[axis] + 1
    }
    let taps = try Shape(validating: block).elementCount
    guard columns.shape.rank == 3, columns.shape[1] % taps == 0,
      try Shape(validating: positions).elementCount == columns.shape[2]
    else {
      throw OperatorError(
        "columns \(columns.shape) do not fit an image \(image) in blocks \(block), expected "
          + "[N,C * \(taps),\(positions.map(String.init).joined(separator: "*"))]")
    }
    return try Image(
      shape: Shape(validating: [columns.shape[0], columns.shape[1] / taps] + image),
      scatter: ColumnScatter(
        map: image, positions: positions, kernel: block, strides: strides, dilations: dilations,
        padding: Array(pads[..<rank]))
    ).node(for: columns.elementType)
  }

  private struct Image: FloatingPreparation, Sendable {
    let shape: Shape
    let scatter: ColumnScatter

    func node<T: FloatingElement>(_: T.Type) -> PreparedNode {
      PreparedNode(T.elementType, shape) { run in
        let output = run.output(of: T.self)
        output.update(repeating: 0)
        guard !output.isEmpty else { return }
        scatter.add(
          run.input(0, of: T.self).baseAddress!, to: output.baseAddress!,
          channels: shape[0] * shape[1], team: run.team)
      }
    }
  }
}
