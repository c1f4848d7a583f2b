import Tensors

/// `Resize`: every dimension made longer or shorter, by a factor or to a length, by the nearest
/// element or by linear or cubic interpolation.
///
/// Before opset 11 there are only factors and asymmetric coordinates. From opset 18 on, factors,
/// lengths and region may be given for some `axes` alone, filters can be stretched (`antialias`),
/// and lengths can keep the aspect ratio.
package enum Resize: ArithmeticOperator {
  package static let type = "Resize"
  package static let allowsMixedPrecision = true
  package static let opsets = 10...newestOpset
  package static let accumulates = true
  package static let revisions: [Revision] = [
    11,
    Revision(13) {
      $0.attributes["coordinate_transformation_mode"] == .string("tf_half_pixel_for_nn")
    },
    Revision(18, attributes: "antialias", "axes", "keep_aspect_ratio_policy"),
    Revision(19) {
      $0.attributes["coordinate_transformation_mode"] == .string("half_pixel_symmetric")
    },
  ]

  private enum AspectRatio: String, CaseIterable {
    case stretch
    case notLarger = "not_larger"
    case notSmaller = "not_smaller"
  }

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    var resampler = Resampler(mode: try node.choice("mode", default: .nearest))
    let data = try node.operand(0)
    if node.opset < 11 {
      try node.expectInputs(2...2)
      let axes = try ResizeAxis.scaled(
        data.shape, by: try node.scales(1), axes: Array(data.shape.indices))
      return try resampler.prepare(data, axes: axes)
    }

    try node.expectInputs(1...4)
    resampler.coordinates = try node.choice(
      "coordinate_transformation_mode", default: .halfPixel)
    resampler.nearest = try node.choice("nearest_mode", default: NearestMode.roundPreferFloor)
    resampler.cubicCoefficient = try node.float("cubic_coeff_a") ?? resampler.cubicCoefficient
    resampler.excludesOutside = try node.flag("exclude_outside", default: false)
    resampler.extrapolation = try node.float("extrapolation_value") ?? 0
    var resized = Array(data.shape.indices)
    var aspectRatio = AspectRatio.stretch
    if node.opset >= 18 {
      resampler.antialiases = try node.flag("antialias", default: false)
      resized = try normalized(axes: try node.ints("axes") ?? resized, rank: data.shape.rank)
      aspectRatio = try node.choice("keep_aspect_ratio_policy", default: .stretch)
    }

    var axes: [ResizeAxis]
    switch (node.hasElements(2), node.hasElements(3)) {
    case (true, false):
      axes = try ResizeAxis.scaled(data.shape, by: try node.scales(2), axes: resized)
    case (false, true):
      axes = try sized(data.shape, to: try node.integerList(3), axes: resized, aspectRatio)
    default:
      throw OperatorError("expected either input 2 (scales) or input 3 (sizes)")
    }
    if resampler.coordinates == .tfCropAndResize {
      let region = try node.region(count: resized.count)
      for (index, axis) in resized.enumerated() {
        axes[axis].region = (region[index], region[index + resized.count])
      }
    }
    return try resampler.prepare(data, axes: axes)
  }

  package static func float32Inputs(opset: Int) -> Set<Int> { [opset < 11 ? 1 : 2] }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0) else { return nil }
    if node.opset >= 18, node.node.attributes["axes"] != nil { return nil }
    guard node.hasInput(3), node.input(3)?.shape != [Size(0)] else {
      return node.scaled(byInput: node.opset < 11 ? 1 : 2)
    }
    guard let sizes = node.input(3)?.values, sizes.count == input.shape.count,
      node.string("keep_aspect_ratio_policy") ?? "stretch" == "stretch"
    else { return nil }
    return [SymbolicTensor(input.elementType, sizes)]
  }

  private static func sized(
    _ shape: Shape, to sizes: [Int], axes: [Int], _ aspectRatio: AspectRatio
  ) throws -> [ResizeAxis] {
    guard sizes.count == axes.count else {
      throw OperatorError("\(sizes.count) sizes, expected \(axes.count)")
    }
    let sizes = try Shape(validating: sizes)
    var result = shape.map { ResizeAxis(input: $0, output: $0, scale: .given(1)) }
    let ratios = zip(sizes, axes).map { (size: $0, before: max(shape[$1], 1)) }
    let fractions = ratios.map { Double($0.size) / Double($0.before) }
    let common: Double? =
      switch aspectRatio {
      case .stretch: nil
      case .notLarger: fractions.min()
      case .notSmaller: fractions.max()
      }
    for (index, axis) in axes.enumerated() {
      let chosen = common.map { fractions.firstIndex(of: $0)! } ?? index
      let (size, before) = ratios[chosen]
      let output =
        common.map { ($0 * Double(shape[axis]) + 0.5).rounded(.down) } ?? Double(size)
      result[axis] = ResizeAxis(
        input: shape[axis], output: Int(exactly: output) ?? -1, scale: .ratio(size, before))
    }
    return result
  }
}

extension ResizeAxis {
  /// The dimensions of `shape`, those in `axes` scaled. Lengths are rounded down in float32.
  static func scaled(_ shape: Shape, by scales: [Float], axes: [Int]) throws -> [ResizeAxis] {
    guard scales.count == axes.count, scales.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw OperatorError("scales are \(scales), expected \(axes.count) positive numbers")
    }
    var result = shape.map { ResizeAxis(input: $0, output: $0, scale: .given(1)) }
    for (scale, axis) in zip(scales, axes) {
      let output = (scale * Float(shape[axis])).rounded(.down)
      guard let output = Int(exactly: output) else {
        throw OperatorError("dimension \(shape[axis]) times \(scale), expected a smaller scale")
      }
      result[axis] = ResizeAxis(input: shape[axis], output: output, scale: .given(scale))
    }
    return result
  }
}

extension NodeReader {
  fileprivate func hasElements(_ index: Int) -> Bool {
    (optionalOperand(index)?.shape.elementCount ?? 0) > 0
  }

  /// The scales of a resize.
  func scales(_ index: Int) throws -> [Float] {
    let tensor = try value(index)
    guard tensor.elementType == .float32, tensor.shape.rank == 1 else {
      throw OperatorError(
        "input \(index) is \(tensor.elementType) \(tensor.shape), expected a list of float32")
    }
    return tensor.elements()
  }

  /// The input `roi`: the starts of `count` axes, then their ends.
  fileprivate func region(count: Int) throws -> [Float] {
    let tensor = try value(1)
    let numbers: [Float]
    switch tensor.elementType {
    case .float32: numbers = tensor.elements()
    case .float64: numbers = tensor.elements(of: Double.self).map { Float($0) }
    default:
      throw OperatorError("input 1 is \(tensor.elementType), expected a floating-point type")
    }
    guard numbers.count == 2 * count, numbers.allSatisfy({ $0.isFinite }) else {
      throw OperatorError("input 1 is \(numbers), expected \(2 * count) finite numbers")
    }
    return numbers
  }
}
