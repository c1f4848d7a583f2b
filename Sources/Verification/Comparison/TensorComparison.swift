import Tensors

/// What comparing two tensors of one shape element by element found.
package struct TensorComparison: Sendable, Equatable {
  /// Elements further apart than the tolerance, or not finite.
  package var different = 0
  /// Elements that are NaN or infinite on either side.
  package var nonFinite = 0
  /// The largest error of elements that are finite.
  package var maxAbsoluteError = 0.0
  /// The largest error over the larger magnitude of the two, of elements that are finite.
  package var maxRelativeError = 0.0
  /// The element furthest apart against its tolerance, one that is not finite first.
  package var worstIndex: [Int]?

  package var agrees: Bool { different == 0 }

  /// - Parameters:
  ///   - tolerance: how far two elements may be apart, times the original's magnitude where that is
  ///     above 1.
  ///   - axis: one along whose indices magnitudes are taken together, as the columns of rows, for
  ///     which the largest counts.
  ///   - sharesNonFinite: whether NaN, or one infinity, on both sides agrees.
  /// - Precondition: the shapes are equal.
  package init(
    original: Tensor, patched: Tensor, tolerance: Double, axis: Int? = nil,
    sharesNonFinite: Bool = false
  ) {
    precondition(original.shape == patched.shape)
    let left = original.doubles()
    let right = patched.doubles()
    var worst: (error: Double, position: Int)?
    let columns = axis.map { ColumnScales(left, original.shape, axis: $0) }
    for position in left.indices {
      let (a, b) = (left[position], right[position])
      if sharesNonFinite, a == b || a.isNaN && b.isNaN { continue }
      guard a.isFinite, b.isFinite else {
        nonFinite += 1
        different += 1
        if worst?.error != .infinity { worst = (.infinity, position) }
        continue
      }
      let error = abs(a - b)
      guard error > 0 else { continue }
      maxAbsoluteError = max(maxAbsoluteError, error)
      maxRelativeError = max(maxRelativeError, error / max(abs(a), abs(b)))
      let scaled = error / max(1, columns?[position] ?? abs(a))
      if !(scaled <= tolerance) { different += 1 }
      if scaled > worst?.error ?? 0 { worst = (scaled, position) }
    }
    worstIndex = worst.map { Self.index($0.position, in: original.shape) }
  }

  /// The index of the element at a place in row-major order.
  private static func index(_ position: Int, in shape: Shape) -> [Int] {
    zip(shape.strides, shape).map { stride, size in position / stride % size }
  }
}

/// The largest finite magnitude at each index of an axis.
private struct ColumnScales {
  private let inner: Int
  private var largest: [Double]

  init(_ values: [Double], _ shape: Shape, axis: Int) {
    inner = shape.dimensions[(axis + 1)...].reduce(1, *)
    largest = [Double](repeating: 0, count: max(shape[axis], 1))
    for (position, value) in values.enumerated() where value.isFinite {
      let place = position / inner % largest.count
      largest[place] = max(largest[place], abs(value))
    }
  }

  subscript(position: Int) -> Double { largest[position / inner % largest.count] }
}

extension Tensor {
  /// The elements as the nearest float64 values; false is 0 and true 1.
  func doubles() -> [Double] {
    switch elementType {
    case .float32: withElements(of: Float.self) { $0.map { Double($0) } }
    case .float64: elements(of: Double.self)
    case .float16: withElements(of: Half.self) { $0.map { Double($0.float) } }
    case .bfloat16: withElements(of: BFloat16.self) { $0.map { Double($0.float) } }
    case .int8: withElements(of: Int8.self) { $0.map { Double($0) } }
    case .int16: withElements(of: Int16.self) { $0.map { Double($0) } }
    case .int32: withElements(of: Int32.self) { $0.map { Double($0) } }
    case .int64: withElements(of: Int64.self) { $0.map { Double($0) } }
    case .uint8: withElements(of: UInt8.self) { $0.map { Double($0) } }
    case .uint16: withElements(of: UInt16.self) { $0.map { Double($0) } }
    case .uint32: withElements(of: UInt32.self) { $0.map { Double($0) } }
    case .uint64: withElements(of: UInt64.self) { $0.map { Double($0) } }
    case .bool: withElements(of: Bool.self) { $0.map { $0 ? 1 : 0 } }
    }
  }
}
