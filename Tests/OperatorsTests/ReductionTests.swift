import ONNXGraph
import Operators
import Tensors
import TestSupport
import Testing

@Suite("Reductions")
struct ReductionTests {
  struct Row: CustomTestStringConvertible {
    let shape: Shape
    let axes: [Int]
    var testDescription: String { "\(shape) along \(axes)" }
  }

  static let rows = [
    Row(shape: [], axes: []),
    Row(shape: [5], axes: [0]),
    Row(shape: [1], axes: [-1]),
    Row(shape: [2, 3, 4], axes: []),
    Row(shape: [2, 3, 4], axes: [2]),
    Row(shape: [2, 3, 4], axes: [0]),
    Row(shape: [2, 3, 4], axes: [-2]),
    Row(shape: [2, 3, 4], axes: [0, 2]),
    Row(shape: [2, 3, 4, 5], axes: [1, 3]),
    Row(shape: [2, 3, 4, 5], axes: [0, 2]),
    Row(shape: [2, 1, 4, 1], axes: [1]),
    Row(shape: [3, 2, 1, 5, 4], axes: [2, -1, 0]),
    Row(shape: [2, 0, 3], axes: [1]),
    Row(shape: [2, 0, 3], axes: [0]),
    // More than one task in every direction.
    Row(shape: [3, 40_000], axes: [1]),
    Row(shape: [70, 1200], axes: [0]),
    Row(shape: [20_000, 3, 2], axes: [1]),
  ]

  /// Whole numbers, so that every sum is exact in any order.
  static func numbers(_ count: Int) -> [Double] {
    var generator = SeededGenerator(seed: 3)
    return (0..<count).map { _ in Double(Int.random(in: -50...50, using: &generator)) }
  }

  /// The elements of each set, by a plain loop.
  static func sets(_ row: Row) -> (kept: Shape, dropped: Shape, elements: [[Int]]) {
    let axes =
      row.axes.isEmpty
      ? Set(row.shape.indices) : Set(row.axes.map { ($0 + row.shape.rank) % row.shape.rank })
    let kept = Shape(row.shape.indices.map { axes.contains($0) ? 1 : row.shape[$0] })
    let dropped = Shape(row.shape.indices.filter { !axes.contains($0) }.map { row.shape[$0] })
    var elements = [[Int]](repeating: [], count: kept.elementCount)
    let places = broadcastIndices([kept], to: row.shape)
    for (element, place) in places.enumerated() { elements[place[0]].append(element) }
    return (kept, dropped, elements)
  }

  static func reduce(
    _ type: String, _ tensor: Tensor, _ row: Row, opset: Int, keepdims: Bool = true
  ) throws -> Tensor {
    var attributes: [String: Attribute] = keepdims ? [:] : ["keepdims": .int(0)]
    if opset >= (type == "ReduceSum" ? 13 : 18) {
      let axes = row.axes.isEmpty ? nil : Tensor(row.axes.map { Int64($0) })
      return try result(
        type, opset: opset, tensor, axes, attributes: attributes, constantInputs: keepdims)
    }
    if !row.axes.isEmpty { attributes["axes"] = .ints(row.axes.map { Int64($0) }) }
    return try result(type, opset: opset, tensor, attributes: attributes)
  }

  @Test(arguments: rows, [11, 18])
  func setsAreReducedToOneElement(_ row: Row, _ opset: Int) throws {
    let x = Self.numbers(row.shape.elementCount)
    let (kept, dropped, sets) = Self.sets(row)
    let values = sets.map { $0.map { x[$0] } }
    let expected: [(String, [Double])] = [
      ("ReduceSum", values.map { $0.reduce(0, +) }),
      ("ReduceMean", values.map { $0.reduce(0, +) / Double($0.count) }),
      ("ReduceMax", values.map { $0.max() ?? -.infinity }),
    ]
    for (type, expected) in expected {
      let wide = try Self.reduce(type, Tensor(x, shape: row.shape), row, opset: opset)
      #expect(wide.shape == kept)
      #expect(Self.same(wide.elements(), expected), "\(type)")
      let narrow = try Self.reduce(
        type, Tensor(x.map { Float($0) }, shape: row.shape), row, opset: opset, keepdims: false)
      #expect(narrow.shape == dropped)
      #expect(
        Self.same(
          narrow.elements(of: Float.self).map { Double($0) }, expected.map { Double(Float($0)) }),
        "\(type)")
      let integers = try Self.reduce(
        type, Tensor(x.map { Int64($0) }, shape: row.shape), row, opset: opset)
      let wholes = expected.map { Int64(exactly: $0.rounded(.towardZero)) ?? ($0.isNaN ? 0 : .min) }
      #expect(integers == Tensor(wholes, shape: kept), "\(type)")
    }
  }

  private static func same(_ found: [Double], _ expected: [Double]) -> Bool {
    found.count == expected.count
      && zip(found, expected).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }

  @Test func noAxesLeaveTheInputWhenAskedTo() throws {
    let x = Tensor([1, 2] as [Float])
    let attributes: [String: Attribute] = ["noop_with_empty_axes": .int(1)]
    #expect(try result("ReduceSum", opset: 13, x, attributes: attributes) == x)
    let none = Tensor([] as [Int64])
    #expect(try result("ReduceMax", opset: 18, x, none, attributes: attributes) == x)
    #expect(try result("ReduceSum", opset: 13, x, none) == Tensor([3] as [Float]))
  }

  @Test func notANumberPrevails() throws {
    var x = [Float](repeating: 1, count: 40)
    x[17] = .nan
    for shape: Shape in [[1, 40], [40, 1], [8, 5]] {
      let maxima: [Float] = try result(
        "ReduceMax", opset: 13, Tensor(x, shape: shape), attributes: ["axes": .ints([0])]
      ).elements()
      #expect(maxima.filter(\.isNaN).count == 1, "\(shape)")
    }
    let infinite = Tensor([-.infinity, -.infinity] as [Float])
    #expect(try result("ReduceMax", opset: 13, infinite) == Tensor([-.infinity] as [Float]))
  }

  @Test func sumsOfManyFloatsKeepTheirPrecision() throws {
    let tenths = Tensor([Float](repeating: 0.1, count: 1_000_000))
    let sum: [Float] = try result("ReduceSum", opset: 13, tenths).elements()
    #expect(sum[0] == Float(Double(Float(0.1)) * 1e6))
  }

  @Test func integersWrapAroundAndMeansDoNot() throws {
    let x = Tensor([.max, 1, .max, 1] as [Int32], shape: [2, 2])
    let axis = Tensor([1] as [Int64])
    #expect(
      try result("ReduceSum", opset: 13, x, axis)
        == Tensor([.min, .min] as [Int32], shape: [2, 1]))
    #expect(
      try result("ReduceMean", opset: 18, x, axis)
        == Tensor([1 << 30, 1 << 30] as [Int32], shape: [2, 1]))
  }

  @Test func emptySetsOfIntegersAndBools() throws {
    let axis = Tensor([0] as [Int64])
    #expect(
      try result("ReduceMax", opset: 20, Tensor([] as [Int8], shape: [0, 1]), axis)
        == Tensor([-128] as [Int8], shape: [1, 1]))
    #expect(
      try result("ReduceMax", opset: 20, Tensor([] as [Bool]), axis) == Tensor([false]))
    #expect(
      try result("ReduceMax", opset: 20, Tensor([false, true, false, false], shape: [2, 2]), axis)
        == Tensor([false, true], shape: [1, 2]))
  }

  @Test func wrongAxesAndTypesAreRefused() {
    let x = Tensor([1, 2] as [Float])
    #expect(
      refusal("ReduceMean", opset: 13, x, attributes: ["axes": .ints([1])])
        == "axis 1 does not fit the shape [2]")
    #expect(
      refusal("ReduceSum", opset: 13, x, Tensor([.min] as [Int64]))
        == "axis -9223372036854775808 does not fit the shape [2]")
    #expect(
      refusal("ReduceSum", opset: 13, x, Tensor([0] as [Float]))
        == "input 1 is float32, expected int64 or int32")
    #expect(
      refusal("ReduceSum", opset: 11, Tensor([1] as [Int8]))
        == "input 0 is int8, expected floating point or integers of 32 or 64 bits")
    #expect(
      refusal("ReduceMax", opset: 13, x, attributes: ["noop_with_empty_axes": .int(1)])
        == "unknown attribute noop_with_empty_axes in opset 13")
  }
}

@Suite("ArgMax")
struct ArgMaxTests {
  static let x = Tensor([2, 2, 3, 3, 1, 3] as [Float], shape: [2, 3])

  @Test func firstOrLastOfTheLargest() throws {
    #expect(
      try result("ArgMax", opset: 11, Self.x) == Tensor([1, 0, 0] as [Int64], shape: [1, 3]))
    #expect(
      try result("ArgMax", opset: 13, Self.x, attributes: ["select_last_index": .int(1)])
        == Tensor([1, 0, 1] as [Int64], shape: [1, 3]))
    let rows: [String: Attribute] = ["axis": .int(-1), "keepdims": .int(0)]
    #expect(try result("ArgMax", opset: 13, Self.x, attributes: rows) == Tensor([2, 0] as [Int64]))
    #expect(
      try result(
        "ArgMax", opset: 13, Self.x,
        attributes: rows.merging(["select_last_index": .int(1)]) { $1 })
        == Tensor([2, 2] as [Int64]))
  }

  @Test func notANumberIsLargest() throws {
    let x = Tensor([1, .nan, .infinity, .nan, 2] as [Double])
    #expect(try result("ArgMax", opset: 13, x) == Tensor([1] as [Int64]))
    #expect(
      try result("ArgMax", opset: 13, x, attributes: ["select_last_index": .int(1)])
        == Tensor([3] as [Int64]))
  }

  @Test func everyPlaceIsFound() throws {
    var x = [UInt8](repeating: 0, count: 3 * 50 * 7)
    var expected: [Int64] = []
    for outer in 0..<3 {
      for inner in 0..<7 {
        let place = (outer * 31 + inner * 7) % 50
        x[(outer * 50 + place) * 7 + inner] = 9
        expected.append(Int64(place))
      }
    }
    let found = try result(
      "ArgMax", opset: 13, Tensor(x, shape: [3, 50, 7]),
      attributes: ["axis": .int(1), "keepdims": .int(0)])
    #expect(found == Tensor(expected, shape: [3, 7]))
  }

  @Test func emptyAxesAreRefused() throws {
    let empty = Tensor([] as [Float], shape: [0, 2])
    #expect(
      refusal("ArgMax", opset: 13, empty)
        == "axis 0 of the shape [0,2] has no elements to choose from")
    let rows = try result("ArgMax", opset: 13, empty, attributes: ["axis": .int(1)])
    #expect(rows.shape == [0, 1])
    let none = try result(
      "ArgMax", opset: 13, Tensor([] as [Float], shape: [0, 0]), attributes: ["axis": .int(1)])
    #expect(none.shape == [0, 1])
    #expect(
      refusal("ArgMax", opset: 13, Self.x, attributes: ["axis": .int(2)])
        == "axis 2 does not fit the shape [2,3]")
  }
}
