/// One step of a computation that goes over an array one axis after the other.
struct AxisPass: Sendable {
  let axis: Int
  /// The product of the dimensions outside the axis at this step.
  let outer: Int
  /// The product of the dimensions inside it.
  let inner: Int
  /// The number of elements this step makes.
  let outputCount: Int
}

/// The passes over the `moving` axes, or over the last one when there is none.
///
/// Those that shrink their axis most come first: no intermediate result is then larger than both
/// the first input and the last output.
func axisPasses(inputs: [Int], outputs: [Int], moving: [Int]) -> [AxisPass] {
  let order = (moving.isEmpty ? [inputs.count - 1] : moving).sorted {
    let left = Double(outputs[$0]) / Double(max(inputs[$0], 1))
    let right = Double(outputs[$1]) / Double(max(inputs[$1], 1))
    return (left, $0) < (right, $1)
  }
  var dimensions = inputs
  return order.map { axis in
    dimensions[axis] = outputs[axis]
    return AxisPass(
      axis: axis, outer: dimensions[..<axis].reduce(1, *),
      inner: dimensions[(axis + 1)...].reduce(1, *), outputCount: dimensions.reduce(1, *))
  }
}
