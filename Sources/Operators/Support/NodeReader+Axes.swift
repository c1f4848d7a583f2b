import Tensors

extension NodeReader {
  /// An attribute that names one axis, counted from the front.
  mutating func axis(default fallback: Int? = nil, of shape: Shape) throws -> Int {
    guard let axis = try int("axis") ?? fallback else {
      throw OperatorError("attribute axis is missing")
    }
    return try normalized(axis: axis, rank: shape.rank)
  }

  /// The elements of an input that is a list of integers and decides the result's shape.
  func integerList(_ index: Int) throws -> [Int] {
    let shape = try operand(index).shape
    guard shape.rank == 1 else {
      throw OperatorError("input \(index) has shape \(shape), expected one dimension")
    }
    return try integers(index)
  }

  /// Such an input, when it is there.
  func optionalIntegerList(_ index: Int) throws -> [Int]? {
    optionalOperand(index) == nil ? nil : try integerList(index)
  }
}

/// `axis` counted from the front of `rank` dimensions.
func normalized(axis: Int, rank: Int) throws -> Int {
  guard (-rank..<rank).contains(axis) else {
    throw OperatorError("axis \(axis) of \(rank) dimensions, expected \(-rank) to \(rank - 1)")
  }
  return axis < 0 ? axis + rank : axis
}

/// `axes` counted from the front of `rank` dimensions, each at most once.
func normalized(axes: [Int], rank: Int) throws -> [Int] {
  let positive = try axes.map { try normalized(axis: $0, rank: rank) }
  guard Set(positive).count == positive.count else {
    throw OperatorError("axes \(axes) name one of \(rank) dimensions twice")
  }
  return positive
}
