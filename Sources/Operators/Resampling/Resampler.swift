import Kernels
import Tensors

/// How `Resize` and `Upsample` make an output element of input elements.
struct Resampler: Sendable {
  enum Mode: String, CaseIterable {
    case nearest, linear, cubic
  }

  var mode: Mode
  var coordinates = CoordinateMode.asymmetric
  /// Nil before opset 11: up for an axis that shrinks, down for others.
  var nearest: NearestMode?
  var cubicCoefficient: Float = -0.75
  var excludesOutside = false
  var antialiases = false
  /// Stands where a cropped region reaches outside the input.
  var extrapolation: Float = 0

  /// The longest axis whose elements float32 coordinates can tell apart.
  private static let longestAxis = 1 << 24

  /// - Parameter axes: one for each dimension of the operand.
  func prepare(_ operand: Operand, axes: [ResizeAxis]) throws -> PreparedNode {
    let shape = try Shape(validating: axes.map { $0.output })
    let moving = axes.map { !isIdentity($0) }
    if !moving.contains(true) { return .reshaping(operand, to: shape) }
    let elementType = operand.elementType
    if shape.elementCount == 0 { return PreparedNode(elementType, shape) { _ in } }
    guard operand.shape.elementCount > 0 else {
      throw OperatorError("input of shape \(operand.shape) to \(shape), expected elements")
    }
    for (axis, moves) in zip(axes, moving) {
      let longest = moves ? Self.longestAxis : Int(Int32.max)
      guard max(axis.input, axis.output) <= longest else {
        throw OperatorError(
          "dimension \(axis.input) to \(axis.output), expected at most \(longest)")
      }
    }
    if mode == .nearest { return prepareNearest(operand, axes, moving, shape) }
    switch elementType {
    case .float32: return prepareWeighted(operand, axes, moving, shape, Float.self)
    case .float64: return prepareWeighted(operand, axes, moving, shape, Double.self)
    default:
      guard let integerType = elementType.integerType else {
        throw OperatorError("mode '\(shown: mode)' of \(elementType), expected a numeric type")
      }
      return prepareWeighted(operand, axes, moving, shape, integers: integerType)
    }
  }

  private func isIdentity(_ axis: ResizeAxis) -> Bool {
    axis.input == axis.output && axis.scale(as: Float.self) == 1
      && (coordinates != .tfCropAndResize || axis.isWhole)
  }

  // MARK: Nearest

  private func prepareNearest(
    _ operand: Operand, _ axes: [ResizeAxis], _ moving: [Bool], _ shape: Shape
  ) -> PreparedNode {
    var node = PreparedNode(operand.elementType, shape) { run in
      let copy = TableCopy(
        sourceDimensions: operand.shape.dimensions,
        tables: zip(axes, moving).map { $1 ? nearestIndices(along: $0) : nil },
        elementBytes: operand.elementType.byteCount)
      copy.run(from: run.inputBytes(0), to: run.outputBytes(), team: run.team)
      fillBorder(axes, moving, run)
    }
    node.scratchBytes = tableBytes(axes, moving, eachElement: MemoryLayout<Int32>.stride)
    return node
  }

  /// Bytes of one table entry for each element, or tap, along the axes that move.
  private func tableBytes(
    _ axes: [ResizeAxis], _ moving: [Bool], eachElement bytes: Int
  ) -> Int {
    zip(axes, moving).reduce(0) { $0 + ($1.1 ? $1.0.output * bytes : 0) }
  }

  private func nearestIndices(along axis: ResizeAxis) -> [Int32] {
    let rounding = nearest ?? (axis.scale(as: Float.self) < 1 ? .ceil : .floor)
    return (0..<axis.output).map {
      axis.clampedIndex(rounding.round(coordinates.coordinate(of: $0, along: axis)))
    }
  }

  /// Fills the output positions whose coordinate lies outside the input.
  private func fillBorder(_ axes: [ResizeAxis], _ moving: [Bool], _ run: NodeRun) {
    guard coordinates == .tfCropAndResize else { return }
    let outside = zip(axes, moving).map { axis, moves in
      (0..<(moves ? axis.output : 0)).runs {
        let coordinate: Float = coordinates.coordinate(of: $0, along: axis)
        return !(coordinate >= 0 && coordinate <= Float(axis.input - 1))
      }
    }
    let output = run.outputs[0]
    ExtrapolatedBorder(
      outside: outside, shape: output.shape, elementType: output.elementType, value: extrapolation
    ).fill(run)
  }

  // MARK: Linear and cubic

  private func prepareWeighted<T: FloatingElement>(
    _ operand: Operand, _ axes: [ResizeAxis], _ moving: [Bool], _ shape: Shape, _: T.Type
  ) -> PreparedNode {
    var node = PreparedNode(operand.elementType, shape) { run in
      let taps: [ResamplingTaps<T>?] = zip(axes, moving).map { $1 ? self.taps(along: $0) : nil }
      resample(
        dimensions: operand.shape.dimensions, taps: taps,
        from: run.input(0, of: T.self).baseAddress!, to: run.output(of: T.self).baseAddress!,
        team: run.team)
      fillBorder(axes, moving, run)
    }
    node.scratchBytes = tapBytes(axes, moving)
    return node
  }

  /// Bytes of the filters of all output positions.
  private func tapBytes(_ axes: [ResizeAxis], _ moving: [Bool]) -> Int {
    zip(axes, moving).reduce(0) { bytes, axis in
      guard axis.1 else { return bytes }
      let shrink = antialiases ? min(axis.0.scale(as: Double.self), 1) : 1
      let taps = 2 * Int(2 / max(shrink, 1e-9)) + 2
      return bytes + axis.0.output * taps
        * (MemoryLayout<Int32>.stride + MemoryLayout<Double>.stride)
    }
  }

  /// Integers are interpolated in float32 and cut towards zero, as in ONNX Runtime.
  private func prepareWeighted<T: IntegerElement>(
    _ operand: Operand, _ axes: [ResizeAxis], _ moving: [Bool], _ shape: Shape, integers _: T.Type
  ) -> PreparedNode {
    var node = PreparedNode(operand.elementType, shape) { run in
      let taps: [ResamplingTaps<Float>?] = zip(axes, moving).map { $1 ? self.taps(along: $0) : nil }
      let numbers = run.input(0, of: T.self).map { Float($0) }
      let resampled = [Float](unsafeUninitializedCapacity: shape.elementCount) { buffer, count in
        numbers.withUnsafeBufferPointer {
          resample(
            dimensions: operand.shape.dimensions, taps: taps, from: $0.baseAddress!,
            to: buffer.baseAddress!, team: run.team)
        }
        count = shape.elementCount
      }
      let output = run.output(of: T.self)
      for index in output.indices { output[index] = T(converting: Double(resampled[index])) }
      fillBorder(axes, moving, run)
    }
    node.scratchBytes =
      tapBytes(axes, moving)
      + (operand.shape.elementCount + shape.elementCount) * MemoryLayout<Float>.stride
    return node
  }

  /// The filter of every output position, normalised only where it is stretched or cut.
  private func taps<T: FloatingElement>(along axis: ResizeAxis) -> ResamplingTaps<T> {
    let shrink: T = antialiases ? min(axis.scale(as: T.self), 1) : 1
    let reach: T = mode == .cubic ? 2 : 1
    let first = Int((-reach / shrink).rounded(.down)) + 1
    let offsets = first...(1 - first)
    var indices: [Int32] = []
    var weights: [T] = []
    indices.reserveCapacity(axis.output * offsets.count)
    weights.reserveCapacity(axis.output * offsets.count)
    for output in 0..<axis.output {
      let coordinate: T = axis.bounded(coordinates.coordinate(of: output, along: axis))
      let base = coordinate.rounded(.down)
      let start = weights.count
      var sum: T = 0
      for offset in offsets {
        let position = base + T(offset)
        let isOutside = position < 0 || position > T(axis.input - 1)
        let weight =
          excludesOutside && isOutside
          ? 0 : filter((T(offset) - (coordinate - base)).magnitude * shrink)
        indices.append(axis.clampedIndex(position))
        weights.append(weight)
        sum += weight
      }
      if excludesOutside || shrink < 1, sum != 0 {
        for index in start..<weights.count { weights[index] /= sum }
      }
    }
    return ResamplingTaps(count: offsets.count, indices: indices, weights: weights)
  }

  /// The weight of an element at a distance: a triangle, or Keys' cubic.
  private func filter<T: FloatingElement>(_ distance: T) -> T {
    let a = T(cubicCoefficient)
    if mode == .linear { return max(0, 1 - distance) }
    if distance <= 1 { return ((a + 2) * distance - (a + 3)) * distance * distance + 1 }
    if distance < 2 { return ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a }
    return 0
  }
}

extension Range<Int> {
  /// The longest parts all of whose numbers satisfy a condition.
  fileprivate func runs(where isIn: (Int) -> Bool) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for number in self where isIn(number) {
      if runs.last?.upperBound == number {
        runs[runs.count - 1] = runs[runs.count - 1].lowerBound..<number + 1
      } else {
        runs.append(number..<number + 1)
      }
    }
    return runs
  }
}

extension ResizeAxis {
  /// `coordinate` within one length of the input on either side; 0 for NaN.
  fileprivate func bounded<T: BinaryFloatingPoint>(_ coordinate: T) -> T {
    coordinate.isNaN ? 0 : max(-T(input), min(2 * T(input), coordinate))
  }

  fileprivate func clampedIndex<T: BinaryFloatingPoint>(_ position: T) -> Int32 {
    Int32(max(0, min(T(input - 1), bounded(position))))
  }
}
