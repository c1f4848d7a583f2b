/// The dimensions of a tensor, outermost first; rank 0 is a scalar.
///
/// A shape never holds a negative dimension, and the bytes of a tensor with the widest element
/// type and this shape always fit in `Int`.
public struct Shape: Hashable, Sendable {
  /// The dimensions, outermost first.
  public let dimensions: [Int]
  /// The product of the dimensions; 1 for a scalar.
  public let elementCount: Int

  /// A shape from dimensions that came from a file or a computation.
  ///
  /// - Throws: ``TensorError`` when a dimension is negative or the element count is too large.
  public init(validating dimensions: [Int]) throws(TensorError) {
    guard let count = Shape.elementCount(of: dimensions) else {
      throw TensorError(
        "shape \(Shape.text(dimensions)) has a negative dimension or too many elements")
    }
    self.dimensions = dimensions
    self.elementCount = count
  }

  /// A shape from dimensions known to be valid.
  ///
  /// - Precondition: no dimension is negative and the element count does not overflow.
  public init(_ dimensions: [Int]) {
    guard let count = Shape.elementCount(of: dimensions) else {
      preconditionFailure("invalid shape \(Shape.text(dimensions))")
    }
    self.dimensions = dimensions
    self.elementCount = count
  }

  /// The number of dimensions.
  public var rank: Int { dimensions.count }

  /// For each dimension, how many elements apart its neighbours are in row-major order.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    var step = 1
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      strides[axis] = step
      step *= Swift.max(dimensions[axis], 1)
    }
    return strides
  }

  /// The product of the dimensions in `axes`.
  public func elementCount(in axes: Range<Int>) -> Int {
    dimensions[axes].reduce(1, *)
  }

  /// `axis` counted from the front, when it lies in `-rank ..< rank`.
  public func normalized(axis: Int) -> Int? {
    let positive = axis < 0 ? axis + rank : axis
    return (0..<rank).contains(positive) ? positive : nil
  }

  private static func elementCount(of dimensions: [Int]) -> Int? {
    // Zero dimensions count as one here, so that no partial product can overflow either.
    var bound = 1
    for dimension in dimensions {
      guard dimension >= 0 else { return nil }
      let (product, overflow) = bound.multipliedReportingOverflow(by: Swift.max(dimension, 1))
      guard !overflow, product <= Int.max / 16 else { return nil }
      bound = product
    }
    return dimensions.contains(0) ? 0 : bound
  }

  private static func text(_ dimensions: [Int]) -> String {
    "[" + dimensions.map(String.init).joined(separator: ",") + "]"
  }
}

extension Shape: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { dimensions.count }
  public subscript(axis: Int) -> Int { dimensions[axis] }
}

extension Shape: ExpressibleByArrayLiteral, CustomStringConvertible {
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// For example `[1,3,640,640]`.
  public var description: String { Shape.text(dimensions) }
}
