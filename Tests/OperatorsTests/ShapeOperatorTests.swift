import ONNXGraph
import Operators
import Tensors
import Testing

private func ints(_ values: Int...) -> Tensor { Tensor(values.map { Int64($0) }) }

/// The numbers 0, 1, 2, … in a shape.
private func counting(_ shape: Shape) -> Tensor {
  Tensor((0..<shape.elementCount).map { Float($0) }, shape: shape)
}

@Suite("Operators that change the shape alone")
struct ShapeOperatorTests {
  struct Row: CustomTestStringConvertible {
    let type: String
    let opset: Int
    let input: Shape
    var list: [Int]?
    var attributes: [String: Attribute] = [:]
    let output: Shape

    init(
      _ type: String, _ opset: Int, _ input: Shape, list: [Int]? = nil,
      _ attributes: [String: Attribute] = [:], to output: Shape
    ) {
      (self.type, self.opset, self.input, self.list) = (type, opset, input, list)
      (self.attributes, self.output) = (attributes, output)
    }

    var testDescription: String {
      "\(type)-\(opset) \(input) \(list ?? []) \(attributes.keys.sorted()) to \(output)"
    }
  }

  static let rows = [
    Row("Reshape", 7, [2, 3, 4], list: [4, 6], to: [4, 6]),
    Row("Reshape", 7, [2, 3, 4], list: [0, -1], to: [2, 12]),
    Row("Reshape", 13, [2, 3, 4], list: [-1], to: [24]),
    Row("Reshape", 13, [2, 3, 4], list: [0, 0, 2, -1], to: [2, 3, 2, 2]),
    Row("Reshape", 13, [1, 1], list: [], to: []),
    Row("Reshape", 13, [0, 3], list: [-1], to: [0]),
    Row("Reshape", 14, [0, 3], list: [3, 0], ["allowzero": .int(1)], to: [3, 0]),
    Row("Reshape", 14, [0, 3], list: [0, 3], ["allowzero": .int(0)], to: [0, 3]),
    Row("Reshape", 22, [], list: [1, 1], to: [1, 1]),
    Row("Flatten", 7, [2, 3, 4], to: [2, 12]),
    Row("Flatten", 9, [2, 3, 4], ["axis": .int(0)], to: [1, 24]),
    Row("Flatten", 11, [2, 3, 4], ["axis": .int(-1)], to: [6, 4]),
    Row("Flatten", 13, [2, 3, 4], ["axis": .int(3)], to: [24, 1]),
    Row("Flatten", 13, [], ["axis": .int(0)], to: [1, 1]),
    Row("Squeeze", 11, [1, 3, 1, 5], to: [3, 5]),
    Row("Squeeze", 11, [1, 3, 1, 5], ["axes": .ints([-2])], to: [1, 3, 5]),
    Row("Squeeze", 13, [1, 3, 1, 5], list: [0, 2], to: [3, 5]),
    Row("Squeeze", 13, [1, 3, 1, 5], list: [], to: [1, 3, 1, 5]),
    Row("Unsqueeze", 7, [3], ["axes": .ints([0, 2])], to: [1, 3, 1]),
    Row("Unsqueeze", 13, [3, 4], list: [-1, 0], to: [1, 3, 4, 1]),
    Row("Unsqueeze", 21, [], list: [0], to: [1]),
  ]

  @Test(arguments: rows)
  func keepsTheElements(_ row: Row) throws {
    let input = counting(row.input)
    let inputs = [input] + (row.list.map { [Tensor($0.map { Int64($0) })] } ?? [])
    for known in [true, false] {
      let found = try run(
        row.type, opset: row.opset, inputs: inputs, attributes: row.attributes,
        constantInputs: known)
      #expect(found == [input.reshaped(to: row.output)])
    }
  }

  @Test(
    arguments: [
      (12, [:], [2, 3, 4]), (15, ["start": .int(1)], [3, 4]), (15, ["end": .int(-1)], [2, 3]),
      (15, ["start": .int(-9), "end": .int(9)], [2, 3, 4]),
      (19, ["start": .int(2), "end": .int(1)], []),
      (15, ["start": .int(.min), "end": .int(.max)], [2, 3, 4]),
    ] as [(Int, [String: Attribute], [Int64])])
  func shapeListsDimensions(opset: Int, attributes: [String: Attribute], expected: [Int64]) throws {
    let found = try result("Shape", opset: opset, counting([2, 3, 4]), attributes: attributes)
    #expect(found == Tensor(expected))
  }

  @Test(
    arguments: [
      (["value": .tensor(Tensor([Half(1.5)]))], Tensor([Half(1.5)])),
      (["value_int": .int(-3)], Tensor(scalar: Int64(-3))),
      (["value_ints": .ints([1, 2])], Tensor([1, 2] as [Int64])),
      (["value_float": .float(0.5)], Tensor(scalar: Float(0.5))),
      (["value_floats": .floats([])], Tensor([] as [Float])),
    ] as [([String: Attribute], Tensor)])
  func constantsOfEveryKind(attributes: [String: Attribute], expected: Tensor) throws {
    #expect(try result("Constant", opset: 12, attributes: attributes) == expected)
  }

  @Test func constantOfShapeRepeatsItsValue() throws {
    let zeros = try result("ConstantOfShape", opset: 9, ints(2, 3))
    #expect(zeros == Tensor([Float](repeating: 0, count: 6), shape: [2, 3]))
    let values: [String: Attribute] = ["value": .tensor(Tensor([true]))]
    let truths = try result("ConstantOfShape", opset: 20, ints(3), attributes: values)
    #expect(truths == Tensor([true, true, true]))
    #expect(try result("ConstantOfShape", opset: 9, ints()).shape == [])
    #expect(try result("ConstantOfShape", opset: 9, ints(4, 0)).shape == [4, 0])
  }

  @Test func rangeCountsUpAndDown() throws {
    func range<T: Element>(_ start: T, _ limit: T, _ delta: T) throws -> Tensor {
      try result(
        "Range", opset: 11, Tensor(scalar: start), Tensor(scalar: limit), Tensor(scalar: delta),
        constantInputs: false)
    }
    #expect(try range(10, 4, -2 as Int32) == Tensor([10, 8, 6] as [Int32]))
    #expect(try range(1, 8, 3 as Int64) == Tensor([1, 4, 7] as [Int64]))
    #expect(try range(1, 8, -3 as Int16) == Tensor([] as [Int16]))
    #expect(try range(3, 3, 1 as Int16) == Tensor([] as [Int16]))
    let least = Int64.min
    #expect(try range(least, least + 5, 2) == Tensor([least, least + 2, least + 4]))
    #expect(try range(0, 1, 0.25 as Float) == Tensor([0, 0.25, 0.5, 0.75] as [Float]))
    #expect(try range(0, 1, 0.1 as Double).shape == [10])
    // The float32 nearest to 0.1 is above it, so that ten steps do not fall short of 1.
    #expect(try range(0, 1, 0.1 as Float).shape == [10])
  }

  struct Refusal: CustomTestStringConvertible {
    let message: String
    let found: String?
    init(_ message: String, _ found: String?) { (self.message, self.found) = (message, found) }
    var testDescription: String { message }
  }

  static let refusals: [Refusal] = {
    let x = counting([2, 3])
    func scalar<T: Element>(_ value: T) -> Tensor { Tensor(scalar: value) }
    return [
      Refusal("shape [2,3] as [4, -1]", refusal("Reshape", opset: 13, x, ints(4, -1))),
      Refusal("shape [2,3] as [5]", refusal("Reshape", opset: 13, x, ints(5))),
      Refusal("negative dimension", refusal("Reshape", opset: 13, x, ints(-1, -1))),
      Refusal("negative dimension", refusal("Reshape", opset: 13, x, ints(-2, -3))),
      Refusal("too many elements", refusal("Reshape", opset: 13, x, ints(.max, .max, -1))),
      Refusal(
        "a dimension the input [2,3] lacks", refusal("Reshape", opset: 13, x, ints(2, 3, 0))),
      Refusal(
        "unknown attribute allowzero",
        refusal("Reshape", opset: 13, x, ints(6), attributes: ["allowzero": .int(1)])),
      Refusal(
        "attribute allowzero is 2",
        refusal("Reshape", opset: 14, x, ints(6), attributes: ["allowzero": .int(2)])),
      Refusal("expected one dimension", refusal("Reshape", opset: 14, x, scalar(6 as Int64))),
      Refusal("expected int64 or int32", refusal("Reshape", opset: 14, x, Tensor([6 as Float]))),
      Refusal(
        "attribute axis is 3", refusal("Flatten", opset: 13, x, attributes: ["axis": .int(3)])),
      Refusal(
        "dimension 1 of [2,3] is 3", refusal("Squeeze", opset: 13, x, ints(1))),
      Refusal("axis 2 of 2 dimensions", refusal("Squeeze", opset: 13, x, ints(2))),
      Refusal("twice", refusal("Unsqueeze", opset: 13, x, ints(0, -4))),
      Refusal("attribute axes is missing", refusal("Unsqueeze", opset: 11, x)),
      Refusal("1 inputs, expected 2", refusal("Unsqueeze", opset: 13, x)),
      Refusal(
        "unknown attribute end", refusal("Shape", opset: 13, x, attributes: ["end": .int(1)])),
      Refusal("0 attributes hold a value", refusal("Constant", opset: 13)),
      Refusal(
        "2 attributes hold a value",
        refusal(
          "Constant", opset: 13, attributes: ["value_int": .int(1), "value_float": .float(1)])),
      Refusal(
        "sparse_value",
        refusal("Constant", opset: 11, attributes: ["sparse_value": .other("SPARSE_TENSOR")])),
      Refusal(
        "value_string",
        refusal("Constant", opset: 13, attributes: ["value_string": .string("a")])),
      Refusal("negative dimension", refusal("ConstantOfShape", opset: 9, ints(2, -1))),
      Refusal("too many elements", refusal("ConstantOfShape", opset: 9, ints(1 << 40, 1 << 40))),
      Refusal(
        "expected one element",
        refusal("ConstantOfShape", opset: 9, ints(1), attributes: ["value": .tensor(ints(1, 2))])),
      Refusal(
        "has no end",
        refusal("Range", opset: 11, scalar(0 as Int64), scalar(5 as Int64), scalar(0 as Int64))),
      Refusal(
        "has no end",
        refusal("Range", opset: 11, scalar(Int64.min), scalar(Int64.max), scalar(1 as Int64))),
      Refusal(
        "too many elements",
        refusal("Range", opset: 11, scalar(0 as Int64), scalar(Int64.min), scalar(-1 as Int64))),
      Refusal(
        "has no end",
        refusal("Range", opset: 11, scalar(0 as Float), scalar(1 as Float), scalar(Float.nan))),
      Refusal(
        "has no end",
        refusal("Range", opset: 11, scalar(0 as Float), scalar(1 as Float), scalar(1e-38 as Float))
      ),
      Refusal(
        "expected one type",
        refusal("Range", opset: 11, scalar(0 as Float), scalar(1 as Float), scalar(1 as Int64))),
    ]
  }()

  @Test(arguments: refusals)
  func refuses(_ row: Refusal) {
    #expect(row.found?.contains(row.message) == true, "\(row.found ?? "accepted")")
  }
}
