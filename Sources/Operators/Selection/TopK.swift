import Kernels
import Tensors

/// `TopK`: along an axis the `K` largest elements (or smallest, with `largest` 0) and where they
/// stand, largest first; opsets 1, 10 (`K` an input), 11 (`largest`, `sorted`), 24.
///
/// X `[…, n, …]`, K `[1]` → values and int64 indices `[…, K, …]`. Of equal elements the one with the
/// lower index comes first. NaN counts as larger than every number. `sorted` 0 leaves the order open;
/// it is the same here.
enum TopK: ArithmeticOperator {
  static let type = "TopK"
  static let choosesByValue = true
  static let revisions: [Revision] = [10, 11]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(node.opset < 10 ? 1...1 : 2...2)
    guard node.outputCount == 2 else {
      throw OperatorError("\(node.outputCount) outputs, expected 2")
    }
    let operand = try node.operand(0)
    let shape = operand.shape
    let axis = try node.axis(default: -1, of: shape)
    var takesLargest = true
    if node.opset >= 11 {
      takesLargest = try node.flag("largest", default: true)
      _ = try node.flag("sorted", default: true)
    }
    let count = try count(&node)
    guard (0...shape[axis]).contains(count) else {
      throw OperatorError(
        "K is \(count), expected 0 to the \(shape[axis]) elements of axis \(axis)")
    }
    var dimensions = shape.dimensions
    dimensions[axis] = count
    return try Choice(
      length: shape[axis], stride: shape.elementCount(in: axis + 1..<shape.rank), count: count,
      takesLargest: takesLargest, shape: try Shape(validating: dimensions)
    ).node(for: operand.elementType)
  }

  private static func count(_ node: inout NodeReader) throws -> Int {
    guard node.opset >= 10 else {
      guard let count = try node.int("k") else { throw OperatorError("attribute k is missing") }
      return count
    }
    let list = try node.integers(1)
    guard list.count == 1 else {
      throw OperatorError("input 1 (K) has \(list.count) elements, expected one")
    }
    return list[0]
  }
}

/// A choice of some of the elements along one axis.
private struct Choice: NumericPreparation, Sendable {
  /// The length of the axis.
  let length: Int
  /// How far apart neighbours along it are.
  let stride: Int
  let count: Int
  let takesLargest: Bool
  let shape: Shape

  func node<T: NumericElement>(_: T.Type) -> PreparedNode {
    PreparedNode(
      outputs: [.init(T.elementType, shape), .init(.int64, shape)],
      body: .compute { run in
        guard shape.elementCount > 0 else { return }
        let input = run.input(0, of: T.self).baseAddress!
        let values = run.output(0, of: T.self).baseAddress!
        let indices = run.output(1, of: Int64.self).baseAddress!
        let rows = shape.elementCount / count
        run.team.forEachChunk(of: rows, chunk: max(ThreadTeam.chunkSize / 8 / length, 1)) { rows in
          withUnsafeTemporaryAllocation(of: Ranked<T>.self, capacity: length) { ranked in
            for row in rows {
              let (outer, inner) = row.quotientAndRemainder(dividingBy: stride)
              rank(input + outer * length * stride + inner, into: ranked)
              let first = outer * count * stride + inner
              for place in 0..<count {
                values[first + place * stride] = ranked[place].value
                indices[first + place * stride] = Int64(ranked[place].index)
              }
            }
          }
        }
      })
  }

  /// Puts the elements of one row that are chosen at the front, in order.
  private func rank<T: NumericElement>(
    _ elements: UnsafePointer<T>, into ranked: UnsafeMutableBufferPointer<Ranked<T>>
  ) {
    for index in 0..<length {
      ranked.initializeElement(
        at: index, to: Ranked(value: elements[index * stride], index: index))
    }
    if takesLargest {
      ranked.moveToFront(count) { $0.isAhead(of: $1, largestFirst: true) }
    } else {
      ranked.moveToFront(count) { $0.isAhead(of: $1, largestFirst: false) }
    }
  }
}

/// An element with its index, in the order in which `TopK` takes them.
private struct Ranked<T: NumericElement>: BitwiseCopyable {
  let value: T
  let index: Int

  @inline(__always)
  func isAhead(of other: Ranked, largestFirst: Bool) -> Bool {
    if value < other.value { return !largestFirst }
    if other.value < value { return largestFirst }
    // Equal, unless one is not a number, which alone differs from itself.
    let (isNaN, otherIsNaN) = (value != value, other.value != other.value)
    return isNaN == otherIsNaN ? index < other.index : isNaN == largestFirst
  }
}

extension UnsafeMutableBufferPointer where Element: BitwiseCopyable {
  /// Moves the first `count` elements of the sorted order to the front, sorted; the others stand
  /// behind in any order. Takes linear time, and that of sorting `count` elements.
  @inline(__always)
  fileprivate func moveToFront(_ count: Int, _ precedes: (Element, Element) -> Bool) {
    var (first, end) = (0, self.count)
    // Quickselect; elements in an order made to defeat it are sorted instead.
    var attempts = 64
    while end - first > 16, count < end, attempts > 0 {
      attempts -= 1
      let boundary = partition(first, end, precedes)
      if boundary >= count { end = boundary } else { first = boundary }
    }
    var sorted = UnsafeMutableBufferPointer(rebasing: self[0..<end])
    sorted.sort(by: precedes)
  }

  /// Splits `first ..< end`, more than two elements no two of which are equal, into two parts that are
  /// not empty, the first of elements that precede those of the second; where the second begins.
  @inline(__always)
  private func partition(
    _ first: Int, _ end: Int, _ precedes: (Element, Element) -> Bool
  ) -> Int {
    let middle = first + (end - first) / 2
    if precedes(self[middle], self[first]) { swapAt(middle, first) }
    if precedes(self[end - 1], self[first]) { swapAt(end - 1, first) }
    if precedes(self[end - 1], self[middle]) { swapAt(end - 1, middle) }
    let pivot = self[middle]
    var (left, right) = (first, end - 1)
    while true {
      while precedes(self[left], pivot) { left += 1 }
      while precedes(pivot, self[right]) { right -= 1 }
      if left >= right { return right + 1 }
      swapAt(left, right)
      left += 1
      right -= 1
    }
  }
}
