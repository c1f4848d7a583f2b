import Kernels
import Tensors

/// Integers that stand for the numbers `(integer - zero point) * scale`.
enum Quantizing {
  /// The nearest integers to `values / scale`, of two the even one, plus the zero point, held within
  /// the bounds of the result's type. NaN becomes the lower bound.
  ///
  /// - Parameters:
  ///   - values: float32 or float64, as the scales are.
  ///   - result: of an integer type of 16 bits or fewer.
  static func quantize(
    _ values: Tensor, scales: Tensor, zeroPoints: [Int32], _ layout: ScaleLayout,
    into result: MutableTensor, team: ThreadTeam
  ) {
    let range = result.elementType.quantizedRange!
    switch values.elementType {
    case .float64: quantize(Double.self, values, scales, zeroPoints, layout, range, result, team)
    default: quantize(Float.self, values, scales, zeroPoints, layout, range, result, team)
    }
  }

  private static func quantize<W: FloatingElement>(
    _: W.Type, _ values: Tensor, _ scales: Tensor, _ zeroPoints: [Int32], _ layout: ScaleLayout,
    _ range: ClosedRange<Int32>, _ result: MutableTensor, _ team: ThreadTeam
  ) {
    switch result.elementType.byteCount {
    case 1:
      quantize(W.self, UInt8.self, values, scales, zeroPoints, layout, range, result, team)
    default:
      quantize(W.self, UInt16.self, values, scales, zeroPoints, layout, range, result, team)
    }
  }

  private static func quantize<W: FloatingElement, Bits: FixedWidthInteger & BitwiseCopyable>(
    _: W.Type, _: Bits.Type, _ values: Tensor, _ scales: Tensor, _ zeroPoints: [Int32],
    _ layout: ScaleLayout, _ range: ClosedRange<Int32>, _ result: MutableTensor, _ team: ThreadTeam
  ) {
    values.withElements(of: W.self) { x in
      scales.withElements(of: W.self) { scales in
        let output = result.unsafeBytes.assumingMemoryBound(to: Bits.self)
        layout.forEachRun(team: team) { elements, scale, step in
          for (place, element) in elements.enumerated() {
            let index = scale + place * step
            let zero = zeroPoints[zeroPoints.count == 1 ? 0 : index]
            let rounded = rounded(x[element] / scales[index], in: range, around: zero)
            output[element] = Bits(truncatingIfNeeded: rounded)
          }
        }
      }
    }
  }

  /// The nearest integer to `value`, of two the even one, plus `zero`, within `range`.
  @inline(__always)
  static func rounded<W: FloatingElement>(
    _ value: W, in range: ClosedRange<Int32>, around zero: Int32
  ) -> Int32 {
    // Differences of integers of 16 bits: the additions neither overflow nor round.
    let (low, high) = (W(range.lowerBound &- zero), W(range.upperBound &- zero))
    let bounded = value > low ? (value < high ? value : high) : low
    return Int32(bounded.rounded(.toNearestOrEven)) &+ zero
  }

  /// `(integer - zero point) * scale` of every element.
  ///
  /// - Parameter result: float32 or float64, as the scales are.
  static func dequantize(
    _ integers: Tensor, scales: Tensor, zeroPoints: [Int32], _ layout: ScaleLayout,
    into result: MutableTensor, team: ThreadTeam
  ) {
    switch result.elementType {
    case .float64: dequantize(Double.self, integers, scales, zeroPoints, layout, result, team)
    default: dequantize(Float.self, integers, scales, zeroPoints, layout, result, team)
    }
  }

  private static func dequantize<W: FloatingElement>(
    _: W.Type, _ integers: Tensor, _ scales: Tensor, _ zeroPoints: [Int32],
    _ layout: ScaleLayout, _ result: MutableTensor, _ team: ThreadTeam
  ) {
    switch integers.elementType {
    case .int8:
      dequantize(W.self, Int8.self, integers, scales, zeroPoints, layout, result, team)
    case .uint8:
      dequantize(W.self, UInt8.self, integers, scales, zeroPoints, layout, result, team)
    case .int16:
      dequantize(W.self, Int16.self, integers, scales, zeroPoints, layout, result, team)
    case .uint16:
      dequantize(W.self, UInt16.self, integers, scales, zeroPoints, layout, result, team)
    default:
      dequantize(
        W.self, Int32.self, integers.cast(to: .int32, team: team), scales, zeroPoints, layout,
        result, team)
    }
  }

  private static func dequantize<W: FloatingElement, T: IntegerElement>(
    _: W.Type, _: T.Type, _ integers: Tensor, _ scales: Tensor, _ zeroPoints: [Int32],
    _ layout: ScaleLayout, _ result: MutableTensor, _ team: ThreadTeam
  ) {
    integers.withElements(of: T.self) { x in
      scales.withElements(of: W.self) { scales in
        let output = result.unsafeElements(of: W.self)
        layout.forEachRun(team: team) { elements, scale, step in
          for (place, element) in elements.enumerated() {
            let index = scale + place * step
            let zero = zeroPoints[zeroPoints.count == 1 ? 0 : index]
            output[element] = W(Int32(truncatingIfNeeded: x[element]) &- zero) * scales[index]
          }
        }
      }
    }
  }

  /// Integers less their zero points, as float64: sums of their products are exact.
  ///
  /// - Parameter axis: along which there is a zero point for each place, where there are several.
  static func centered(
    _ integers: Tensor, zeroPoint: Tensor?, axis: Int, team: ThreadTeam
  ) -> Tensor {
    let zeroPoints = zeroPoint?.zeroPoints ?? [0]
    let layout =
      zeroPoints.count == 1
      ? ScaleLayout(one: integers.shape) : ScaleLayout(integers.shape, axis: axis)
    let result = MutableTensor(elementType: .float64, shape: integers.shape)
    dequantize(
      integers, scales: Tensor([Double](repeating: 1, count: layout.scaleCount)),
      zeroPoints: zeroPoints, layout, into: result, team: team)
    return result.tensor
  }
}

extension ElementType {
  /// The bounds of an integer type that numbers are quantised to.
  var quantizedRange: ClosedRange<Int32>? {
    switch self {
    case .int8: -128...127
    case .uint8: 0...255
    case .int16: -32768...32767
    case .uint16: 0...65535
    default: nil
    }
  }
}

extension Tensor {
  /// The elements as the zero points they are.
  var zeroPoints: [Int32] {
    cast(to: .int32, team: ThreadTeam(threadCount: 1)).elements(of: Int32.self)
  }

  /// The first element of a tensor of scales.
  var scale: Double {
    cast(to: .float64, team: ThreadTeam(threadCount: 1)).withElements(of: Double.self) { $0[0] }
  }
}

extension Operand {
  /// Throws unless the operand is of one of the types.
  func expect(_ types: [ElementType], as name: String) throws {
    guard types.contains(elementType) else {
      let list = types.map(\.description).joined(separator: ", ")
      throw OperatorError("\(name) is \(elementType), expected \(list)")
    }
  }

  /// Throws unless the operand is one floating-point number.
  func expectScale(as name: String) throws {
    try expect([.float32, .float64, .float16, .bfloat16], as: name)
    guard shape.elementCount == 1 else {
      throw OperatorError("\(name) has shape \(shape), expected one element")
    }
  }
}
