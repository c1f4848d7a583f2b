import ONNXGraph
import Operators
import Tensors
import Testing

private func ints(_ values: Int...) -> Tensor { Tensor(values.map { Int64($0) }) }

private func floats(_ values: Float..., shape: Shape? = nil) -> Tensor {
  Tensor(values, shape: shape)
}

/// The numbers 1, 2, 3, … in a shape, in an element type that keeps every bit of them apart.
private func counting(_ shape: Shape, as elementType: ElementType = .float32) -> Tensor {
  func tensor<T: NumericElement>(_: T.Type) -> Tensor {
    Tensor((0..<shape.elementCount).map { T(converting: Double($0 + 1)) }, shape: shape)
  }
  switch elementType {
  case .float16:
    return Tensor((0..<shape.elementCount).map { Half(bits: UInt16($0 + 1)) }, shape: shape)
  case .bfloat16:
    return Tensor((0..<shape.elementCount).map { BFloat16(bits: UInt16($0 + 1)) }, shape: shape)
  case .bool:
    return Tensor((0..<shape.elementCount).map { $0 % 3 == 0 }, shape: shape)
  default: return tensor(elementType.numericType!)
  }
}

/// The elements of `tensor` at these row-major places.
private func picked(_ tensor: Tensor, _ places: [Int], _ shape: Shape) -> Tensor {
  func elements<T: Element>(_: T.Type) -> Tensor {
    let all = tensor.elements(of: T.self)
    return Tensor(places.map { all[$0] }, shape: shape)
  }
  return elements(tensor.elementType.swiftType)
}

@Suite("Data movement")
struct MovementTests {
  @Test(arguments: ElementType.allCases)
  func everyElementTypeMovesByItsBits(_ elementType: ElementType) throws {
    let x = counting([2, 3], as: elementType)
    let y = counting([2, 1], as: elementType)
    func expect(_ found: Tensor, _ places: [Int], _ shape: Shape) {
      #expect(found == picked(x, places, shape))
    }
    let axis: [String: Attribute] = ["axis": .int(1)]
    let joined = try result("Concat", opset: 13, x, y, attributes: axis)
    let parts = try run(
      "Split", opset: 13, inputs: [joined, ints(3, 1)], attributes: axis, outputs: 2)
    #expect(parts == [x, y])
    expect(try result("Transpose", opset: 13, x), [0, 3, 1, 4, 2, 5], [3, 2])
    expect(
      try result("Slice", opset: 13, x, ints(2), ints(0), ints(1), ints(-1)), [2, 1, 5, 4], [2, 2])
    expect(try result("Expand", opset: 13, y, ints(1, 2)), [0, 0, 1, 1], [2, 2])
    expect(
      try result("Tile", opset: 13, x, ints(1, 2)), [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5], [2, 6])
    expect(
      try result("Gather", opset: 13, x, ints(-1, 0), attributes: axis), [2, 0, 5, 3], [2, 2])
    expect(
      try result("Pad", opset: 13, x, ints(0, 1, 1, 0), attributes: ["mode": .string("edge")]),
      [0, 0, 1, 2, 3, 3, 4, 5, 3, 3, 4, 5], [3, 4])
    let updates = picked(x, [5, 4, 3], [1, 3])
    expect(
      try result("ScatterND", opset: 11, x, Tensor([0] as [Int64], shape: [1, 1]), updates),
      [5, 4, 3, 3, 4, 5], [2, 3])
  }

  // MARK: Concat and Split

  @Test func partsOfNoLengthVanish() throws {
    let axis: [String: Attribute] = ["axis": .int(-2)]
    let found = try result(
      "Concat", opset: 11, counting([1, 2]), counting([0, 2]), counting([2, 2]), attributes: axis)
    #expect(found == floats(1, 2, 1, 2, 3, 4, shape: [3, 2]))
    let parts = try run(
      "Split", opset: 13, inputs: [found, ints(0, 3)], attributes: ["axis": .int(0)], outputs: 2)
    #expect(parts == [Tensor([] as [Float], shape: [0, 2]), found])
  }

  @Test(
    arguments: [
      (7, [:], nil, [2, 2, 2]),
      (11, ["split": .ints([1, 2, 3])], nil, [1, 2, 3]),
      (13, [:], nil, [2, 2, 2]),
      (13, [:], [3, 0, 3], [3, 0, 3]),
      (18, ["num_outputs": .int(3)], nil, [2, 2, 2]),
      (18, [:], [1, 1, 4], [1, 1, 4]),
    ] as [(Int, [String: Attribute], [Int]?, [Int])])
  func splits(opset: Int, attributes: [String: Attribute], lengths: [Int]?, expected: [Int]) throws
  {
    let inputs = [counting([6])] + (lengths.map { [Tensor($0.map { Int64($0) })] } ?? [])
    let found = try run("Split", opset: opset, inputs: inputs, attributes: attributes, outputs: 3)
    #expect(found.map { $0.shape[0] } == expected)
    #expect(found.flatMap { $0.elements(of: Float.self) } == [1, 2, 3, 4, 5, 6])
  }

  @Test func theLastPartMayBeShorterFromOpset18() throws {
    let found = try run(
      "Split", opset: 18, inputs: [counting([7])], attributes: ["num_outputs": .int(4)], outputs: 4)
    #expect(found.map { $0.shape[0] } == [2, 2, 2, 1])
  }

  // MARK: Slice

  struct SliceRow: CustomTestStringConvertible {
    let start: Int
    let end: Int
    let step: Int
    let expected: [Float]
    init(_ start: Int, _ end: Int, _ step: Int, _ expected: [Float]) {
      (self.start, self.end, self.step, self.expected) = (start, end, step, expected)
    }
    var testDescription: String { "[\(start):\(end):\(step)]" }
  }

  /// Of 1, 2, 3, 4, 5; as NumPy slices.
  static let slices = [
    SliceRow(1, 3, 1, [2, 3]),
    SliceRow(-2, .max, 1, [4, 5]),
    SliceRow(.min, -1, 2, [1, 3]),
    SliceRow(0, 5, 2, [1, 3, 5]),
    SliceRow(0, .max, .max, [1]),
    SliceRow(3, 1, 1, []),
    SliceRow(9, 20, 1, []),
    SliceRow(4, .min, -1, [5, 4, 3, 2, 1]),
    SliceRow(.max, .min, -2, [5, 3, 1]),
    SliceRow(-2, -4, -1, [4, 3]),
    SliceRow(-9, -20, -1, [1]),
    SliceRow(3, 0, .min, [4]),
    SliceRow(1, 1, -1, []),
  ]

  @Test(arguments: slices)
  func slicesAsNumPyDoes(_ row: SliceRow) throws {
    let inputs = [counting([5]), ints(row.start), ints(row.end), nil, ints(row.step)]
    let found = try run("Slice", opset: 10, inputs: inputs, constantInputs: false)[0]
    #expect(found.elements(of: Float.self) == row.expected)
  }

  @Test func slicesByAttributesBeforeOpset10() throws {
    let found = try result(
      "Slice", opset: 9, counting([3, 4]),
      attributes: ["starts": .ints([1, -9]), "ends": .ints([9, -2]), "axes": .ints([0, 1])])
    #expect(found == floats(5, 6, 9, 10, shape: [2, 2]))
  }

  @Test func slicesAsFocusDoes() throws {
    let found = try result(
      "Slice", opset: 13, counting([1, 4, 4]), ints(1, 0), ints(.max, .max), ints(1, 2), ints(2, 2))
    #expect(found == floats(5, 7, 13, 15, shape: [1, 2, 2]))
  }

  @Test func anEmptyDimensionSlicesToAnEmptyOne() throws {
    for step in [1, -1] {
      let found = try result(
        "Slice", opset: 13, counting([0, 2]), ints(0), ints(.max), ints(0), ints(step))
      #expect(found.shape == [0, 2])
    }
  }

  // MARK: Others

  @Test func transposesByOrder() throws {
    let found = try result(
      "Transpose", opset: 7, counting([2, 3, 2]), attributes: ["perm": .ints([1, 0, 2])])
    #expect(found == floats(1, 2, 7, 8, 3, 4, 9, 10, 5, 6, 11, 12, shape: [3, 2, 2]))
    #expect(try result("Transpose", opset: 7, counting([])) == counting([]))
  }

  @Test func expandBroadcastsBothWays() throws {
    let found = try result("Expand", opset: 8, counting([2, 1]), ints(2, 1, 2))
    #expect(found == floats(1, 1, 2, 2, 1, 1, 2, 2, shape: [2, 2, 2]))
    #expect(try result("Expand", opset: 8, counting([2, 3]), ints(1)) == counting([2, 3]))
    #expect(try result("Expand", opset: 8, counting([1]), ints(0)).shape == [0])
  }

  @Test func tilesRows() throws {
    let found = try result("Tile", opset: 7, counting([1, 2]), ints(2, 1))
    #expect(found == floats(1, 2, 1, 2, shape: [2, 2]))
    #expect(try result("Tile", opset: 13, counting([1, 2]), ints(0, 1)).shape == [0, 2])
  }

  @Test func gathersByIndicesOfAnyShape() throws {
    let x = counting([3, 2])
    #expect(try result("Gather", opset: 7, x, Tensor(scalar: Int32(-3))) == floats(1, 2))
    let grid = Tensor([2, 0, 1, -1] as [Int64], shape: [2, 2])
    #expect(
      try result("Gather", opset: 13, x, grid) == floats(5, 6, 1, 2, 3, 4, 5, 6, shape: [2, 2, 2]))
    #expect(
      try result("Gather", opset: 13, x, Tensor([] as [Int64]), attributes: ["axis": .int(-1)])
        .shape
        == [3, 0])
  }

  // MARK: Pad

  struct PadRow: CustomTestStringConvertible {
    let mode: String
    let pads: [Int]
    let expected: [Float]
    init(_ mode: String, _ pads: [Int], _ expected: [Float]) {
      (self.mode, self.pads, self.expected) = (mode, pads, expected)
    }
    var testDescription: String { "\(mode) \(pads)" }
  }

  /// Of 1, 2, 3, 4; `np.pad`, and ONNX Runtime 1.32 where a pad is negative.
  static let pads = [
    PadRow("constant", [1, 2], [9, 1, 2, 3, 4, 9, 9]),
    PadRow("constant", [-1, 2], [2, 3, 4, 9, 9]),
    PadRow("constant", [-5, 2], [9]),
    PadRow("constant", [2, -5], [9]),
    PadRow("constant", [-2, -2], []),
    PadRow("constant", [0, 0], [1, 2, 3, 4]),
    PadRow("reflect", [2, 1], [3, 2, 1, 2, 3, 4, 3]),
    PadRow("reflect", [6, 7], [1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3]),
    PadRow("reflect", [-1, 2], [2, 3, 4, 3, 2]),
    PadRow("edge", [2, 1], [1, 1, 1, 2, 3, 4, 4]),
    PadRow("edge", [-1, 3], [2, 3, 4, 4, 4, 4]),
    PadRow("wrap", [6, 7], [3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3]),
    PadRow("wrap", [-1, 3], [2, 3, 4, 2, 3, 4]),
  ]

  @Test(arguments: pads)
  func padsAsNumPyDoes(_ row: PadRow) throws {
    let pads = Tensor(row.pads.map { Int64($0) })
    let found = try result(
      "Pad", opset: 19, counting([4]), pads, row.mode == "constant" ? floats(9) : nil,
      attributes: ["mode": .string(row.mode)], constantInputs: false)
    #expect(found.elements(of: Float.self) == row.expected)
  }

  @Test func padsTwoDimensions() throws {
    let x = counting([2, 2])
    let byAttribute = try result(
      "Pad", opset: 7, x, attributes: ["pads": .ints([0, 1, 1, 0]), "value": .float(7)])
    #expect(byAttribute == floats(7, 1, 2, 7, 3, 4, 7, 7, 7, shape: [3, 3]))
    let byInput = try result("Pad", opset: 11, x, ints(1, 0, 0, -1))
    #expect(byInput == floats(0, 1, 3, shape: [3, 1]))
    let oneAxis = try result("Pad", opset: 18, x, ints(1, 0), nil, ints(-1))
    #expect(oneAxis == floats(0, 1, 2, 0, 3, 4, shape: [2, 3]))
    let corner = try result(
      "Pad", opset: 13, x, ints(1, 1, 0, 0), attributes: ["mode": .string("reflect")])
    #expect(corner == floats(4, 3, 4, 2, 1, 2, 4, 3, 4, shape: [3, 3]))
  }

  // MARK: ScatterND

  @Test(
    arguments: [
      ("none", [1, 8, 3, 9]), ("add", [1, 17, 3, 13]), ("mul", [1, 112, 3, 36]),
      ("min", [1, 2, 3, 4]), ("max", [1, 8, 3, 9]),
    ] as [(String, [Float])])
  func scattersInOrder(reduction: String, expected: [Float]) throws {
    // Place 1 is updated by 7, then by 8.
    let indices = Tensor([1, -1, 1] as [Int64], shape: [3, 1])
    let updates: [Float] = [7, 9, 8]
    func scatter<T: Element>(_ convert: (Float) -> T) throws -> Tensor {
      try result(
        "ScatterND", opset: 18, Tensor([1, 2, 3, 4].map(convert)), indices,
        Tensor(updates.map(convert)), attributes: ["reduction": .string(reduction)])
    }
    #expect(try scatter { $0 } == Tensor(expected))
    #expect(try scatter { Double($0) } == Tensor(expected.map { Double($0) }))
    #expect(try scatter { Half($0) } == Tensor(expected.map { Half($0) }))
    #expect(try scatter { BFloat16($0) } == Tensor(expected.map { BFloat16($0) }))
    #expect(try scatter { Int64($0) } == Tensor(expected.map { Int64($0) }))
    #expect(try scatter { UInt8($0) } == Tensor(expected.map { UInt8($0) }))
  }

  @Test(arguments: ["min", "max"])
  func aNaNStays(reduction: String) throws {
    let indices = Tensor([0, 1] as [Int64], shape: [2, 1])
    let found = try result(
      "ScatterND", opset: 18, floats(.nan, 1), indices, floats(2, .nan),
      attributes: ["reduction": .string(reduction)])
    #expect(found.elements(of: Float.self).allSatisfy { $0.isNaN })
  }

  @Test func anIndexOfNoDimensionsNamesAll() throws {
    let found = try result(
      "ScatterND", opset: 13, counting([2]), Tensor([] as [Int64], shape: [1, 0]),
      floats(5, 6, shape: [1, 2]))
    #expect(found == floats(5, 6))
  }

  // MARK: Refusals

  struct Refusal: CustomTestStringConvertible {
    let message: String
    let found: String?
    init(_ message: String, _ found: String?) { (self.message, self.found) = (message, found) }
    var testDescription: String { message }
  }

  static let refusals: [Refusal] = {
    let x = counting([2, 3])
    let halves = counting([2, 3], as: .float16)
    let axis: [String: Attribute] = ["axis": .int(0)]
    func pad(_ mode: String) -> [String: Attribute] { ["mode": .string(mode)] }
    return [
      Refusal("attribute axis is missing", refusal("Concat", opset: 13, x, x)),
      Refusal("input 1 is float16", refusal("Concat", opset: 13, x, halves, attributes: axis)),
      Refusal(
        "input 1 has shape [3,2], expected [2,3] but for axis 0",
        refusal("Concat", opset: 13, x, counting([3, 2]), attributes: axis)),
      Refusal("axis 2 of 2", refusal("Concat", opset: 13, x, attributes: ["axis": .int(2)])),
      Refusal("splits in 2", refusal("Split", opset: 13, counting([3]), outputs: 2)),
      Refusal("add up to 3", refusal("Split", opset: 13, counting([3]), ints(1, 1), outputs: 2)),
      Refusal("add up to 3", refusal("Split", opset: 13, counting([3]), ints(4, -1), outputs: 2)),
      Refusal(
        "add up to 3",
        refusal("Split", opset: 13, counting([3]), ints(.max, .max, .max), outputs: 3)),
      Refusal(
        "expected 2 lengths", refusal("Split", opset: 13, counting([3]), ints(3), outputs: 2)),
      Refusal("expected either", refusal("Split", opset: 18, counting([4]), outputs: 2)),
      Refusal(
        "2 outputs, expected 3",
        refusal("Split", opset: 18, counting([4]), attributes: ["num_outputs": .int(3)], outputs: 2)
      ),
      Refusal(
        "expected one that splits in 4",
        refusal("Split", opset: 18, counting([5]), attributes: ["num_outputs": .int(4)], outputs: 4)
      ),
      Refusal("step 0", refusal("Slice", opset: 13, x, ints(0), ints(1), ints(0), ints(0))),
      Refusal("twice", refusal("Slice", opset: 13, x, ints(0, 0), ints(1, 1), ints(1, -1))),
      Refusal("1 starts, 2 ends", refusal("Slice", opset: 13, x, ints(0), ints(1, 2))),
      Refusal("axis 2 of 2", refusal("Slice", opset: 13, x, ints(0, 0, 0), ints(1, 1, 1))),
      Refusal(
        "attribute perm is [0, 0]",
        refusal("Transpose", opset: 13, x, attributes: ["perm": .ints([0, 0])])),
      Refusal("does not broadcast", refusal("Expand", opset: 13, x, ints(2, 2))),
      Refusal("too many elements", refusal("Expand", opset: 13, x, ints(1 << 60, 1, 1))),
      Refusal("1 repeats for [2,3], expected 2", refusal("Tile", opset: 13, x, ints(2))),
      Refusal("negative dimension", refusal("Tile", opset: 13, x, ints(1, -1))),
      Refusal("too many elements", refusal("Tile", opset: 13, x, ints(.max, .max))),
      Refusal("index 2, expected -2 to 1", refusal("Gather", opset: 13, x, ints(0, 2))),
      Refusal("index -3, expected -2 to 1", refusal("Gather", opset: 13, x, ints(-3))),
      Refusal("expected int64 or int32", refusal("Gather", opset: 13, x, x)),
      Refusal("3 pads, expected 4", refusal("Pad", opset: 13, x, ints(1, 1, 1))),
      Refusal("negative dimension", refusal("Pad", opset: 13, x, ints(-3, 0, 0, 0))),
      Refusal("expected smaller ones", refusal("Pad", opset: 13, x, ints(.min, 0, .min, 0))),
      Refusal("too many elements", refusal("Pad", opset: 13, x, ints(1 << 50, 1 << 50, 0, 0))),
      Refusal(
        "nothing to repeat",
        refusal("Pad", opset: 13, x, ints(-2, 0, 3, 0), attributes: pad("edge"))),
      Refusal(
        "'wrap' in opset 18",
        refusal("Pad", opset: 18, x, ints(1, 1, 1, 1), attributes: pad("wrap"))
      ),
      Refusal(
        "attribute mode is 'mirror'",
        refusal("Pad", opset: 18, x, ints(1, 1, 1, 1), attributes: pad("mirror"))),
      Refusal("input 2 is float16", refusal("Pad", opset: 13, x, ints(1, 1, 1, 1), halves)),
      Refusal(
        "index 2 along axis 0",
        refusal(
          "ScatterND", opset: 11, x, Tensor([2] as [Int64], shape: [1, 1]), counting([1, 3]))),
      Refusal(
        "index \(Int64.min) along axis 1",
        refusal(
          "ScatterND", opset: 11, x, Tensor([0, .min] as [Int64], shape: [1, 2]), counting([1]))),
      Refusal(
        "expected the last to follow",
        refusal("ScatterND", opset: 11, x, Tensor([0] as [Int64], shape: [1, 1]), counting([3]))),
      Refusal(
        "reduction 'max' in opset 16",
        refusal(
          "ScatterND", opset: 16, x, Tensor([0] as [Int64], shape: [1, 1]), counting([1, 3]),
          attributes: ["reduction": .string("max")])),
      Refusal(
        "unknown attribute reduction",
        refusal(
          "ScatterND", opset: 13, x, Tensor([0] as [Int64], shape: [1, 1]), counting([1, 3]),
          attributes: ["reduction": .string("add")])),
    ]
  }()

  @Test(arguments: refusals)
  func refuses(_ row: Refusal) {
    #expect(row.found?.contains(row.message) == true, "\(row.found ?? "accepted")")
  }
}
