import Kernels
import Tensors

/// `Unique`: the elements, or the slices along `axis`, that differ from one another, in ascending order
/// or, with `sorted` 0, as they come; opset 11.
///
/// Outputs: the elements or slices; where each first stands; for each of the input's which it is; how
/// often each is there.
enum Unique: Operator {
  static let type = "Unique"
  static let choosesByValue = true
  static let opsets = 11...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    try node.expectOutputs(atMost: 4)
    let x = try node.operand(0)
    let isSorted = try node.flag("sorted", default: true)
    let axis = try node.int("axis").map { try normalized(axis: $0, rank: x.shape.rank) }
    let value = try node.value(0)
    let tensor = axis == nil ? value.reshaped(to: [value.shape.elementCount]) : value
    return .constants(Slices(tensor, axis: axis ?? 0, isSorted: isSorted).outputs)
  }
}

/// The slices of a tensor along an axis.
private struct Slices {
  private let tensor: Tensor
  private let axis: Int
  /// For each slice that differs from those before it: where it first stands, and how often it is there.
  private var found: [(first: Int, count: Int)] = []
  /// For each slice, which of ``found`` it is.
  private var numbers: [Int] = []

  init(_ tensor: Tensor, axis: Int, isSorted: Bool) {
    self.tensor = tensor
    self.axis = axis
    let shape = tensor.shape
    let length = shape[axis]
    let stride = shape.elementCount(in: axis + 1..<shape.rank)
    let outer = shape.elementCount(in: 0..<axis)
    // Whole numbers of 64 bits and float64 between them order every type.
    let keys = tensor.orderedKeys
    func key(_ slice: Int, _ element: Int) -> Int64 {
      keys[(element / stride * length + slice) * stride + element % stride]
    }
    func isBefore(_ a: Int, _ b: Int) -> Bool? {
      for element in 0..<outer * stride {
        let (left, right) = (key(a, element), key(b, element))
        if left != right { return left < right }
      }
      return nil
    }
    let order = (0..<length).sorted { isBefore($0, $1) ?? ($0 < $1) }
    var groups: [[Int]] = []
    for slice in order {
      if let last = groups.last, isBefore(last[0], slice) == nil {
        groups[groups.count - 1].append(slice)
      } else {
        groups.append([slice])
      }
    }
    if !isSorted { groups.sort { $0[0] < $1[0] } }
    numbers = [Int](repeating: 0, count: length)
    for (number, group) in groups.enumerated() {
      found.append((group[0], group.count))
      for slice in group { numbers[slice] = number }
    }
  }

  var outputs: [Tensor] {
    let shape = tensor.shape
    var dimensions = shape.dimensions
    dimensions[axis] = found.count
    let result = MutableTensor(elementType: tensor.elementType, shape: Shape(dimensions))
    let bytes =
      shape.elementCount(in: axis + 1..<shape.rank) * tensor.elementType.byteCount
    if bytes > 0, result.shape.elementCount > 0 {
      tensor.withUnsafeBytes { source in
        for row in 0..<shape.elementCount(in: 0..<axis) {
          for (number, slice) in found.enumerated() {
            (result.unsafeBytes.baseAddress! + (row * found.count + number) * bytes).copyMemory(
              from: source.baseAddress! + (row * shape[axis] + slice.first) * bytes,
              byteCount: bytes)
          }
        }
      }
    }
    return [
      result.tensor, Tensor(found.map { Int64($0.first) }), Tensor(numbers.map { Int64($0) }),
      Tensor(found.map { Int64($0.count) }),
    ]
  }
}

extension Tensor {
  /// Numbers in the order of the elements, equal where those are: -0 and 0 are, and NaN comes last.
  fileprivate var orderedKeys: [Int64] {
    let team = ThreadTeam(threadCount: 1)
    switch elementType {
    case .uint64:
      return elements(of: UInt64.self).map { Int64(bitPattern: $0 ^ 1 << 63) }
    case .float32, .float64, .float16, .bfloat16:
      return cast(to: .float64, team: team).elements(of: Double.self).map { value in
        if value.isNaN { return .max }
        let bits = Int64(bitPattern: (value == 0 ? 0 : value).bitPattern)
        return bits < 0 ? bits ^ .max : bits
      }
    default: return cast(to: .int64, team: team).elements(of: Int64.self)
    }
  }
}
