import Kernels
import Tensors

/// How far the elements of a tensor are from what they should be.
package struct ErrorFigures: Sendable, Equatable {
  /// The largest error of elements that are finite.
  package var maxError = 0.0
  /// Of the errors of elements that are finite.
  package var sumOfSquares = 0.0
  /// Of what the elements should be, the finite ones.
  package var referenceSumOfSquares = 0.0
  /// The largest magnitude of what the elements should be, the finite ones.
  package var maxMagnitude = 0.0
  /// The place of the largest error in row-major order.
  package var worst = 0
  /// Elements that are not finite on either side and not the same.
  package var nonFinite = 0
  package var count = 0

  package init() {}

  /// The root of the mean square of the errors.
  package var rmsError: Double { count > 0 ? (sumOfSquares / Double(count)).squareRoot() : 0 }

  /// The errors' root mean square over that of what the elements should be.
  package var relativeRMSError: Double {
    referenceSumOfSquares > 0 ? (sumOfSquares / referenceSumOfSquares).squareRoot() : 0
  }

  /// Compares two tensors of one shape and of floating-point types.
  ///
  /// Sums are made chunk by chunk, so that they do not depend on the number of threads.
  package init(of tensor: Tensor, from reference: Tensor, team: ThreadTeam) {
    precondition(tensor.shape == reference.shape)
    let (left, right) = (tensor.widened(team: team), reference.widened(team: team))
    switch (left.elementType, right.elementType) {
    case (.float32, .float32): self.init(left, right, Float.self, Float.self, team)
    case (.float32, .float64): self.init(left, right, Float.self, Double.self, team)
    case (.float64, .float32): self.init(left, right, Double.self, Float.self, team)
    case (.float64, .float64): self.init(left, right, Double.self, Double.self, team)
    default: preconditionFailure("\(left.elementType) against \(right.elementType)")
    }
  }

  private init<A: FloatingElement, B: FloatingElement>(
    _ left: Tensor, _ right: Tensor, _: A.Type, _: B.Type, _ team: ThreadTeam
  ) {
    let chunk = ThreadTeam.chunkSize
    let chunkCount = (left.shape.elementCount + chunk - 1) / chunk
    let parts = [ErrorFigures](unsafeUninitializedCapacity: chunkCount) { parts, count in
      nonisolated(unsafe) let parts = parts
      left.withElements(of: A.self) { left in
        right.withElements(of: B.self) { right in
          team.forEachChunk(of: left.count, chunk: chunk) { range in
            (parts.baseAddress! + range.lowerBound / chunk).initialize(
              to: ErrorFigures(left, right, range))
          }
        }
      }
      count = chunkCount
    }
    for part in parts { add(part) }
  }

  @specialized(where A == Float, B == Float)
  @specialized(where A == Float, B == Double)
  @specialized(where A == Double, B == Double)
  private init<A: FloatingElement, B: FloatingElement>(
    _ left: UnsafeBufferPointer<A>, _ right: UnsafeBufferPointer<B>, _ range: Range<Int>
  ) {
    count = range.count
    for index in range {
      let (a, b) = (Double(left[index]), Double(right[index]))
      let error = abs(a - b)
      guard error.isFinite else {
        if !(a == b || a.isNaN && b.isNaN) { nonFinite += 1 }
        continue
      }
      if error > maxError {
        maxError = error
        worst = index
      }
      sumOfSquares += error * error
      referenceSumOfSquares += b * b
      maxMagnitude = max(maxMagnitude, abs(b))
    }
  }

  private mutating func add(_ other: ErrorFigures) {
    if other.maxError > maxError { (maxError, worst) = (other.maxError, other.worst) }
    sumOfSquares += other.sumOfSquares
    referenceSumOfSquares += other.referenceSumOfSquares
    maxMagnitude = max(maxMagnitude, other.maxMagnitude)
    nonFinite += other.nonFinite
    count += other.count
  }
}

extension ErrorFigures {
  /// The figures as a tensor, as ``Difference`` gives them.
  var values: [Double] {
    [
      maxError, sumOfSquares, referenceSumOfSquares, maxMagnitude, Double(worst),
      Double(nonFinite), Double(count),
    ]
  }

  /// The figures that a node of ``Difference`` gave.
  ///
  /// - Precondition: the tensor is one of its results.
  package init(_ tensor: Tensor) {
    let values = tensor.elements(of: Double.self)
    (maxError, sumOfSquares, referenceSumOfSquares) = (values[0], values[1], values[2])
    maxMagnitude = values[3]
    (worst, nonFinite, count) = (Int(values[4]), Int(values[5]), Int(values[6]))
  }
}
