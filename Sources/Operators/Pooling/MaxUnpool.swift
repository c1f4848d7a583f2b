import Kernels
import Tensors

/// `MaxUnpool`: each element at the place that `MaxPool` found it, zeros elsewhere; opsets 9, 11, 22.
///
/// X and I (int64 places in the flattened tensor that was pooled) `[N, C, spatial…]`. The sizes of that
/// tensor follow from `kernel_shape`, `strides` and `pads`; a larger `output_shape` adds zeros behind.
enum MaxUnpool: ArithmeticOperator {
  static let type = "MaxUnpool"
  static let opsets = 9...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...3)
    let (x, places) = try (node.operand(0), node.operand(1))
    try x.expectFloatingPoint(as: "input 0")
    guard places.elementType == .int64, places.shape == x.shape, x.shape.rank >= 3,
      x.shape.allSatisfy({ $0 < 1 << 31 })
    else {
      throw OperatorError(
        "inputs are \(x.shape) and \(places.elementType)\(places.shape), expected [N,C,…] and int64 of "
          + "its shape")
    }
    let rank = x.shape.rank - 2
    let limit = 1 << 31
    func list(_ name: String, _ values: [Int]?, count: Int, fallback: Int) throws -> [Int] {
      let values = values ?? [Int](repeating: fallback, count: count)
      guard values.count == count, values.allSatisfy({ (0..<limit).contains($0) }) else {
        throw OperatorError("attribute \(name) is \(values), expected \(count) sizes")
      }
      return values
    }
    guard let kernel = try node.ints("kernel_shape") else {
      throw OperatorError("attribute kernel_shape is missing")
    }
    _ = try list("kernel_shape", kernel, count: rank, fallback: 1)
    let strides = try list("strides", node.ints("strides"), count: rank, fallback: 1)
    let pads = try list("pads", node.ints("pads"), count: 2 * rank, fallback: 0)
    var pooled = Array(x.shape.prefix(2))
    for axis in 0..<rank {
      pooled.append(
        (x.shape[axis + 2] - 1) * strides[axis] + kernel[axis] - pads[axis] - pads[axis + rank])
    }
    let source = try Shape(validating: pooled)
    let requested = try node.optionalIntegerList(2)
    let shape = try Shape(validating: requested ?? pooled)
    guard shape.rank == source.rank, zip(shape, source).allSatisfy({ $0 >= $1 }),
      Array(shape.prefix(2)) == Array(source.prefix(2))
    else { throw OperatorError("output_shape is \(shape), expected \(source) or larger") }
    return .inDoubles(x.elementType, shape) { run in
      let (x, y) = (run.input(0), run.output())
      y.update(repeating: 0)
      let strides = shape.strides
      for (index, place) in run.run.input(1, of: Int64.self).enumerated() {
        guard (0..<Int64(source.elementCount)).contains(place) else {
          throw OperatorError("input 1 holds \(place), expected 0 to \(source.elementCount - 1)")
        }
        var (rest, target) = (Int(place), 0)
        for axis in source.indices.reversed() {
          target += rest % source[axis] * strides[axis]
          rest /= source[axis]
        }
        y[target] = x[index]
      }
    }
  }
}
