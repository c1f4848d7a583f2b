/// The dimensions of a tensor, outermost first; rank 0 is a scalar.
///
/// A shape never holds a negative dimension or more than ``largestElementCount`` elements, and one
/// without elements is bounded as well: no loop over some of its dimensions takes long. Products of
/// two shapes' counts do not overflow.
public struct Shape: Hashable, Sendable {
  /// The dimensions, outermost first.
  public let dimensions: [Int]
  /// The product of the dimensions; 1 for a scalar.
  public let elementCount: Int

  /// The most elements a tensor may have.
  public static let largestElementCount = 1 << 31
  /// The largest product of the dimensions that are not 0 of a tensor without elements.
  public static let largestEmptyCount = 1 << 25
  /// The most dimensions that a tensor of a graph or an array may have.
  public static let largestRank = 8

  /// A shape from dimensions that came from a file or a computation.
  ///
  /// - Throws: ``TensorError`` when a dimension is negative or the element count is too large.
  public init(validating dimensions: [Int]) throws(TensorError) {
    guard let count = Shape.elementCount(of: dimensions) else {
      throw TensorError(
        "shape \(Shape.text(dimensions)) has a negative dimension or too many elements, expected at "
          + "most \(Shape.largestElementCount)")
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
      guard !overflow, product <= largestElementCount else { return nil }
      bound = product
    }
    guard dimensions.contains(0) else { return bound }
    return bound <= largestEmptyCount ? 0 : nil
  }

  private static func text(_ dimensions: [Int]) -> String {
    let shown = dimensions.prefix(2 * largestRank).map(String.init)
    return "[" + (shown + (dimensions.count > shown.count ? ["…"] : [])).joined(separator: ",")
      + "]"
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
