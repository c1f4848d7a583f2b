import Tensors

/// Operators on images.
extension SymbolicRules {
  static let windows: [String: Rule] = [
    "Conv": { node in
      guard let input = node.input(0), let weight = node.input(1)?.shape,
        weight.count == input.shape.count, let kernel = Array(weight.dropFirst(2)).fixed,
        let places = places(node, input.shape, kernel: kernel)
      else { return nil }
      return [SymbolicTensor(input.elementType, [input.shape[0], weight[0]] + places)]
    },
    "MaxPool": { pooled($0) },
    "AveragePool": { pooled($0) },
    "GlobalAveragePool": { node in
      guard let input = node.input(0), input.shape.count > 2 else { return nil }
      let ones = [Size](repeating: Size(1), count: input.shape.count - 2)
      return [SymbolicTensor(input.elementType, input.shape[..<2] + ones)]
    },
    "Resize": { resized($0) },
    "Upsample": { resized($0) },
  ]

  private static func pooled(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0), let kernel = node.ints("kernel_shape"),
      node.node.outputs.count == 1, let places = places(node, input.shape, kernel: kernel)
    else { return nil }
    return [SymbolicTensor(input.elementType, input.shape[..<2] + places)]
  }

  /// How many places a window has along each spatial axis.
  private static func places(
    _ node: SymbolicNode, _ shape: [Size], kernel: [Int]
  ) -> [Size]? {
    let rank = kernel.count
    let strides = node.ints("strides") ?? [Int](repeating: 1, count: rank)
    let dilations = node.ints("dilations") ?? [Int](repeating: 1, count: rank)
    let pads = node.ints("pads") ?? [Int](repeating: 0, count: 2 * rank)
    guard shape.count == rank + 2, strides.count == rank, dilations.count == rank,
      pads.count == 2 * rank, node.int("ceil_mode") ?? 0 == 0,
      node.string("auto_pad") ?? "NOTSET" == "NOTSET",
      (kernel + strides + dilations + pads).allSatisfy({ (0..<1 << 20).contains($0) })
    else { return nil }
    var places: [Size] = []
    for axis in 0..<rank {
      let margin = pads[axis] + pads[axis + rank] - (kernel[axis] - 1) * dilations[axis] - 1
      guard let room = shape[axis + 2].plus(Size(margin)),
        let steps = room.dividedDown(by: strides[axis]), let count = steps.plus(Size(1))
      else { return nil }
      places.append(count.asDimension)
    }
    return places
  }

  private static func resized(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0) else { return nil }
    if node.opset >= 18, node.node.attributes["axes"] != nil { return nil }
    if node.node.operatorType == "Resize", node.hasInput(3),
      node.input(3)?.shape != [Size(0)]
    {
      guard let sizes = node.input(3)?.values, sizes.count == input.shape.count,
        node.string("keep_aspect_ratio_policy") ?? "stretch" == "stretch"
      else { return nil }
      return [SymbolicTensor(input.elementType, sizes)]
    }
    let isOlder = node.node.operatorType == "Upsample" || node.opset < 11
    guard let factors = node.integers(isOlder ? 1 : 2), factors.count == input.shape.count,
      factors.allSatisfy({ $0 > 0 })
    else { return nil }
    var shape: [Size] = []
    for (size, factor) in zip(input.shape, factors) {
      guard let scaled = size.times(Size(factor)) else { return nil }
      shape.append(scaled)
    }
    return [SymbolicTensor(input.elementType, shape)]
  }
}

extension Size {
  /// The number as a dimension of a tensor that exists: not below 0, whatever it is computed from.
  fileprivate var asDimension: Size {
    fixed != nil || plus(Size(1))?.isPositive ?? false ? self : Size(symbol: "(\(self))")
  }
}
