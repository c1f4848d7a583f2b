import Tensors

/// Mean and spread of a set of elements, added up in float64.
struct Standardization {
  let mean: Double
  /// `1 / sqrt(variance + epsilon)`.
  let factor: Double

  /// - Parameter epsilon: keeps the factor finite where all elements are equal.
  @inline(__always)
  init<T: FloatingElement>(_ elements: UnsafeBufferPointer<T>, epsilon: Float) {
    let count = Double(elements.count)
    mean = elements.reduced(by: FloatingSum<T>.self) / count
    var (even, odd) = (0.0, 0.0)
    var index = 0
    while index + 2 <= elements.count {
      let (a, b) = (Double(elements[index]) - mean, Double(elements[index + 1]) - mean)
      even += a * a
      odd += b * b
      index += 2
    }
    if index < elements.count {
      let a = Double(elements[index]) - mean
      even += a * a
    }
    factor = 1 / ((even + odd) / count + Double(epsilon)).squareRoot()
  }

  /// Writes `(x - mean) * factor` for the elements of `range`.
  @inline(__always)
  func apply<T: FloatingElement>(
    to input: UnsafeBufferPointer<T>, into output: UnsafeMutableBufferPointer<T>,
    _ range: Range<Int>
  ) {
    for i in range { output[i] = T((Double(input[i]) - mean) * factor) }
  }
}
