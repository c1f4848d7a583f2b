import ONNXGraph
import Tensors

/// One node with what is known of its inputs for all sizes of the open dimensions.
package struct SymbolicNode {
  package let node: Node
  package let opset: Int
  package let inputs: [SymbolicTensor?]

  package init(_ node: Node, opset: Int, inputs: [SymbolicTensor?]) {
    self.node = node
    self.opset = opset
    self.inputs = inputs
  }

  func input(_ index: Int) -> SymbolicTensor? {
    inputs.indices.contains(index) ? inputs[index] : nil
  }

  func hasInput(_ index: Int) -> Bool { node.hasInput(index) }

  func int(_ name: String) -> Int? {
    if case .int(let value) = node.attributes[name] { Int(value) } else { nil }
  }

  func ints(_ name: String) -> [Int]? {
    if case .ints(let values) = node.attributes[name] { values.map { Int($0) } } else { nil }
  }

  func string(_ name: String) -> String? {
    if case .string(let value) = node.attributes[name] { value } else { nil }
  }

  /// The whole numbers of an input, when they depend on nothing.
  func integers(_ index: Int) -> [Int]? { input(index)?.values?.fixed }

  /// Axes from an attribute or, from `opset` on, from an input, counted from the front.
  func axes(input index: Int, fromOpset since: Int, rank: Int) -> [Int]? {
    guard let given = opset < since ? ints("axes") : integers(index) else { return nil }
    let axes = given.map { $0 < 0 ? $0 + rank : $0 }
    return axes.allSatisfy({ (0..<rank).contains($0) }) && Set(axes).count == axes.count
      ? axes : nil
  }

  func axis(_ fallback: Int?, rank: Int) -> Int? {
    guard let axis = int("axis") ?? fallback else { return nil }
    let counted = axis < 0 ? axis + rank : axis
    return (0..<rank).contains(counted) ? counted : nil
  }
}

extension Node {
  /// Whether the node names an input, and so does not leave it out.
  package func hasInput(_ index: Int) -> Bool {
    inputs.indices.contains(index) && !inputs[index].isEmpty
  }
}

// MARK: Rules that several operators share

extension SymbolicNode {
  /// One result of the first input's type and shape.
  var likeFirstInput: [SymbolicTensor]? {
    input(0).map { [SymbolicTensor($0.elementType, $0.shape)] }
  }

  /// Whether the first result has the shape of the first input.
  func keepsShape(_ results: [SymbolicTensor]?) -> Bool {
    guard let input = input(0)?.shape else { return false }
    return results?.first?.shape == input
  }

  /// One result of the two inputs' common shape, and its elements where `combine` knows them.
  ///
  /// - Parameter type: of the result; the first input's when left out.
  func combined(
    type: ElementType? = nil, _ combine: (Size, Size) -> Size? = { _, _ in nil }
  ) -> [SymbolicTensor]? {
    guard inputs.count == 2, let left = input(0), let right = input(1),
      let shape = broadcast(left.shape, right.shape)
    else { return nil }
    var result = SymbolicTensor(type ?? left.elementType, shape)
    if let a = left.values, let b = right.values,
      a.count == 1 || b.count == 1 || a.count == b.count,
      shape.count <= 1
    {
      // An empty list with one element is an empty list.
      let count = a.count == 1 ? b.count : a.count
      let values = (0..<count).compactMap {
        combine(a[a.count == 1 ? 0 : $0], b[b.count == 1 ? 0 : $0])
      }
      if values.count == count { result.values = values }
    }
    return [result]
  }

  /// One result of a window that moves over the first input, as many channels as that has.
  var pooled: [SymbolicTensor]? {
    guard let input = input(0), let kernel = ints("kernel_shape"), node.outputs.count == 1,
      let places = windowPlaces(over: input.shape, kernel: kernel)
    else { return nil }
    return [SymbolicTensor(input.elementType, input.shape[..<2] + places)]
  }

  /// How many places a window has along each spatial axis of `[N, C, spatial…]`.
  func windowPlaces(over shape: [Size], kernel: [Int]) -> [Size]? {
    let rank = kernel.count
    let strides = ints("strides") ?? [Int](repeating: 1, count: rank)
    let dilations = ints("dilations") ?? [Int](repeating: 1, count: rank)
    let pads = ints("pads") ?? [Int](repeating: 0, count: 2 * rank)
    guard shape.count == rank + 2, strides.count == rank, dilations.count == rank,
      pads.count == 2 * rank, int("ceil_mode") ?? 0 == 0,
      string("auto_pad") ?? "NOTSET" == "NOTSET",
      (kernel + strides + dilations + pads).allSatisfy({ (0..<1 << 20).contains($0) })
    else { return nil }
    var places: [Size] = []
    for axis in 0..<rank {
      let margin = pads[axis] + pads[axis + rank] - (kernel[axis] - 1) * dilations[axis] - 1
      guard let room = shape[axis + 2].plus(Size(margin)),
        let steps = room.dividedDown(by: strides[axis]),
        let count = steps.plus(Size(1))?.asDimension
      else { return nil }
      places.append(count)
    }
    return places
  }

  /// One result whose dimensions are those of the first input times the whole numbers of an input.
  func scaled(byInput index: Int) -> [SymbolicTensor]? {
    guard let input = input(0), let factors = integers(index),
      factors.count == input.shape.count, factors.allSatisfy({ $0 > 0 })
    else { return nil }
    var shape: [Size] = []
    for (size, factor) in zip(input.shape, factors) {
      guard let scaled = size.times(Size(factor)) else { return nil }
      shape.append(scaled)
    }
    return [SymbolicTensor(input.elementType, shape)]
  }

  /// The shape two shapes are broadcast to; `nil` when that depends on open dimensions.
  func broadcast(_ a: [Size], _ b: [Size]) -> [Size]? {
    let rank = max(a.count, b.count)
    var shape: [Size] = []
    for axis in 0..<rank {
      let left = axis < rank - a.count ? Size(1) : a[axis - (rank - a.count)]
      let right = axis < rank - b.count ? Size(1) : b[axis - (rank - b.count)]
      if left == right || right == Size(1) {
        shape.append(left)
      } else if left == Size(1) {
        shape.append(right)
      } else if let fixed = left.fixed ?? right.fixed, left.fixed == nil || right.fixed == nil {
        // The open one is 1 or the same.
        shape.append(Size(fixed))
      } else {
        return nil
      }
    }
    return shape
  }
}

extension Size {
  /// The number as a dimension of a tensor that exists: not below 0, whatever it is computed from.
  fileprivate var asDimension: Size? {
    fixed != nil || plus(Size(1))?.isPositive ?? false ? self : asSymbol { "(\($0))" }
  }
}
