extension Shape {
  /// The shape two operands take together under ONNX's multidirectional broadcasting.
  ///
  /// - Returns: `nil` when a dimension differs and neither side is 1.
  public func broadcast(with other: Shape) -> Shape? {
    let rank = Swift.max(self.rank, other.rank)
    var dimensions = [Int](repeating: 1, count: rank)
    for axis in 0..<rank {
      let left = axis - (rank - self.rank)
      let right = axis - (rank - other.rank)
      let a = left >= 0 ? self[left] : 1
      let b = right >= 0 ? other[right] : 1
      guard a == b || a == 1 || b == 1 else { return nil }
      dimensions[axis] = a == 1 ? b : a
    }
    return try? Shape(validating: dimensions)
  }

  /// Strides, in elements, that read a tensor of this shape as if it had shape `target`:
  /// 0 along every broadcast dimension.
  ///
  /// - Precondition: this shape broadcasts to `target`.
  public func strides(broadcastTo target: Shape) -> [Int] {
    let own = strides
    let offset = target.rank - rank
    precondition(offset >= 0, "\(self) does not broadcast to \(target)")
    return (0..<target.rank).map { axis in
      axis < offset || self[axis - offset] == 1 ? 0 : own[axis - offset]
    }
  }
}
