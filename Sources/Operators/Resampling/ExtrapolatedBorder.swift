import Kernels
import Tensors

/// The output elements that a cropped region takes from outside the input.
struct ExtrapolatedBorder {
  private let value: Tensor
  private let slabs: [(offset: Int, fill: StridedCopy)]

  /// - Parameter outside: for each axis the ranges of positions that are outside.
  init(outside: [[Range<Int>]], shape: Shape, elementType: ElementType, value: Float) {
    self.value = Self.element(value, elementType)
    let strides = shape.strides
    let width = elementType.byteCount
    slabs = outside.enumerated().flatMap { axis, ranges in
      ranges.map { range in
        var dimensions = shape.dimensions
        dimensions[axis] = range.count
        let fill = StridedCopy(
          dimensions: dimensions, from: strides.map { _ in 0 }, to: strides, elementBytes: width)
        return (offset: range.lowerBound * strides[axis] * width, fill: fill)
      }
    }
  }

  func fill(_ run: NodeRun) {
    for slab in slabs {
      value.withUnsafeBytes {
        slab.fill.run(
          from: $0.baseAddress!, to: run.outputBytes() + slab.offset, team: run.team)
      }
    }
  }

  private static func element(_ value: Float, _ elementType: ElementType) -> Tensor {
    func scalar<T: NumericElement>(_: T.Type) -> Tensor {
      Tensor(scalar: T(converting: Double(value)))
    }
    return elementType.numericType.map { scalar($0) } ?? Tensor(scalar: value != 0)
  }
}
