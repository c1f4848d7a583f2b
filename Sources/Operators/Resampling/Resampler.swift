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
        throw OperatorError("mode '\(mode)' of \(elementType), expected a numeric type")
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
    let copy = TableCopy(
      sourceDimensions: operand.shape.dimensions,
      tables: zip(axes, moving).map { $1 ? nearestIndices(along: $0) : nil },
      elementBytes: operand.elementType.byteCount)
    let border = ExtrapolatedBorder(
      outside: outside(axes, moving), shape: shape, elementType: operand.elementType,
      value: extrapolation)
    return PreparedNode(operand.elementType, shape) { run in
      copy.run(from: run.inputBytes(0), to: run.outputBytes(), team: run.team)
      border.fill(run)
    }
  }

  private func nearestIndices(along axis: ResizeAxis) -> [Int32] {
    let rounding = nearest ?? (axis.scale(as: Float.self) < 1 ? .ceil : .floor)
    return (0..<axis.output).map {
      axis.clampedIndex(rounding.round(coordinates.coordinate(of: $0, along: axis)))
    }
  }

  /// For each axis the output positions whose coordinate lies outside the input.
  private func outside(_ axes: [ResizeAxis], _ moving: [Bool]) -> [[Int]] {
    guard coordinates == .tfCropAndResize else { return [] }
    return zip(axes, moving).map { axis, moves in
      (0..<(moves ? axis.output : 0)).filter {
        let coordinate: Float = coordinates.coordinate(of: $0, along: axis)
        return !(coordinate >= 0 && coordinate <= Float(axis.input - 1))
      }
    }
  }

  // MARK: Linear and cubic

  private func prepareWeighted<T: FloatingElement>(
    _ operand: Operand, _ axes: [ResizeAxis], _ moving: [Bool], _ shape: Shape, _: T.Type
  ) -> PreparedNode {
    let taps: [ResamplingTaps<T>?] = zip(axes, moving).map { $1 ? self.taps(along: $0) : nil }
    let border = ExtrapolatedBorder(
      outside: outside(axes, moving), shape: shape, elementType: operand.elementType,
      value: extrapolation)
    return PreparedNode(operand.elementType, shape) { run in
      resample(
        dimensions: operand.shape.dimensions, taps: taps,
        from: run.input(0, of: T.self).baseAddress!, to: run.output(of: T.self).baseAddress!,
        team: run.team)
      border.fill(run)
    }
  }

  /// Integers are interpolated in float32 and cut towards zero, as in ONNX Runtime.
  private func prepareWeighted<T: IntegerElement>(
    _ operand: Operand, _ axes: [ResizeAxis], _ moving: [Bool], _ shape: Shape, integers _: T.Type
  ) -> PreparedNode {
    let taps: [ResamplingTaps<Float>?] = zip(axes, moving).map { $1 ? self.taps(along: $0) : nil }
    let border = ExtrapolatedBorder(
      outside: outside(axes, moving), shape: shape, elementType: operand.elementType,
      value: extrapolation)
    return PreparedNode(operand.elementType, shape) { run in
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
      border.fill(run)
    }
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

extension ResizeAxis {
  /// `coordinate` within one length of the input on either side; 0 for NaN.
  fileprivate func bounded<T: BinaryFloatingPoint>(_ coordinate: T) -> T {
    coordinate.isNaN ? 0 : max(-T(input), min(2 * T(input), coordinate))
  }

  fileprivate func clampedIndex<T: BinaryFloatingPoint>(_ position: T) -> Int32 {
    Int32(max(0, min(T(input - 1), bounded(position))))
  }
}
