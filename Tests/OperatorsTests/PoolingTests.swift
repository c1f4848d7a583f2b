import ONNXGraph
import Operators
import Tensors
import Testing

private func near(_ found: [Float], _ expected: [Float], relative tolerance: Float) -> Bool {
  found.count == expected.count
    && zip(found, expected).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}

@Suite("Pooling")
struct PoolingTests {
  struct Row: CustomTestStringConvertible {
    let name: String
    let attributes: [String: Attribute]
    let maximum: [Float]
    let average: [Float]
    /// The average when padding counts.
    let padded: [Float]

    init(
      _ name: String, _ attributes: [String: Attribute], _ maximum: [Float], _ average: [Float],
      padded: [Float]? = nil
    ) {
      (self.name, self.attributes) = (name, attributes)
      (self.maximum, self.average, self.padded) = (maximum, average, padded ?? average)
    }
    var testDescription: String { name }
  }

  private static func window(
    _ kernel: Int64, stride: Int64 = 1, pads: [Int64] = [0, 0], dilation: Int64 = 1,
    _ others: [String: Attribute] = [:]
  ) -> [String: Attribute] {
    var attributes: [String: Attribute] = [
      "kernel_shape": .ints([kernel]), "strides": .ints([stride]), "dilations": .ints([dilation]),
    ]
    if pads != [0, 0] { attributes["pads"] = .ints(pads) }
    return attributes.merging(others) { $1 }
  }

  /// Over 3, 1, 4, 1, 5, 9, 2, 6; values of ONNX Runtime 1.32, the SAME ones by hand.
  static let rows = [
    Row("plain", window(3), [4, 4, 5, 9, 9, 9], [8 / 3, 2, 10 / 3, 5, 16 / 3, 17 / 3]),
    Row(
      "padded", window(3, stride: 2, pads: [1, 1]), [3, 4, 9, 9], [2, 2, 5, 17 / 3],
      padded: [4 / 3, 2, 5, 17 / 3]),
    Row(
      "rounded up, beyond the end", window(4, stride: 3, ["ceil_mode": .int(1)]), [4, 9, 6],
      [2.25, 4.25, 4]),
    Row(
      "rounded up, into the padding", window(2, stride: 4, pads: [1, 1], ["ceil_mode": .int(1)]),
      [3, 5, 6], [3, 3, 6], padded: [1.5, 3, 3]),
    Row(
      "rounded up, not beginning at the end", window(1, stride: 3, ["ceil_mode": .int(1)]),
      [3, 1, 2], [3, 1, 2]),
    Row(
      "dilated", window(3, pads: [2, 2], dilation: 2), [4, 1, 5, 9, 5, 9, 5, 9],
      [3.5, 1, 4, 11 / 3, 11 / 3, 16 / 3, 3.5, 7.5],
      padded: [7 / 3, 2 / 3, 4, 11 / 3, 11 / 3, 16 / 3, 7 / 3, 5]),
    Row(
      "SAME_UPPER", window(3, stride: 2, ["auto_pad": .string("SAME_UPPER")]), [4, 5, 9, 6],
      [8 / 3, 10 / 3, 16 / 3, 4], padded: [8 / 3, 10 / 3, 16 / 3, 8 / 3]),
    Row(
      "SAME_LOWER", window(3, stride: 2, ["auto_pad": .string("SAME_LOWER")]), [3, 4, 9, 9],
      [2, 2, 5, 17 / 3], padded: [4 / 3, 2, 5, 17 / 3]),
    Row(
      "SAME leaves no negative padding",
      window(1, stride: 3, ["auto_pad": .string("SAME_UPPER")]), [3, 1, 2], [3, 1, 2]),
    Row(
      "VALID", window(3, stride: 2, ["auto_pad": .string("VALID"), "ceil_mode": .int(1)]),
      [4, 5, 9], [8 / 3, 10 / 3, 16 / 3]),
  ]

  private static let line: [Float] = [3, 1, 4, 1, 5, 9, 2, 6]

  @Test(arguments: rows)
  func windowsLieWhereTheyShould(_ row: Row) throws {
    func pool(_ type: String, _ others: [String: Attribute] = [:]) throws -> [Float] {
      try result(
        type, opset: 19, Tensor(Self.line, shape: [1, 1, 8]),
        attributes: row.attributes.merging(others) { $1 }
      ).elements()
    }
    #expect(try pool("MaxPool") == row.maximum)
    // Averages are sums of small integers, exact, and one rounded division.
    #expect(near(try pool("AveragePool"), row.average, relative: 1.2e-7))
    #expect(
      near(try pool("AveragePool", ["count_include_pad": .int(1)]), row.padded, relative: 1.2e-7))
  }

  @Test func everyElementType() throws {
    let attributes = Self.window(3)
    let expected: [Float] = [4, 4, 5, 9, 9, 9]
    func pool<T: Element>(_ convert: (Float) -> T) throws -> Tensor {
      try result(
        "MaxPool", opset: 12, Tensor(Self.line.map(convert), shape: [1, 1, 8]),
        attributes: attributes)
    }
    #expect(try pool { Double($0) } == Tensor(expected.map { Double($0) }, shape: [1, 1, 6]))
    #expect(try pool { Int8($0) } == Tensor(expected.map { Int8($0) }, shape: [1, 1, 6]))
    #expect(try pool { UInt8($0) } == Tensor(expected.map { UInt8($0) }, shape: [1, 1, 6]))
    let averages = try result(
      "AveragePool", opset: 7, Tensor(Self.line.map { Double($0) }, shape: [1, 1, 8]),
      attributes: ["kernel_shape": .ints([4])])
    #expect(averages.elements() == [2.25, 2.75, 4.75, 4.25, 5.5])
  }

  @Test(
    arguments: [
      (0, [1, 1, 3, 8, 10, 10, 12, 17]), (1, [3, 3, 1, 8, 12, 12, 10, 17]),
    ] as [(Int64, [Int64])])
  func indicesPointIntoTheInput(storageOrder: Int64, expected: [Int64]) throws {
    // ONNX Runtime 1.32. Both planes hold ties: the first of equals counts.
    let plane: [Float] = [1, 5, 2, 5, 0, 3, 4, 5, 6]
    let found = try run(
      "MaxPool", opset: 12, inputs: [Tensor(plane + plane.map { $0 + 1 }, shape: [1, 2, 3, 3])],
      attributes: ["kernel_shape": .ints([2, 2]), "storage_order": .int(storageOrder)], outputs: 2)
    #expect(found[0] == Tensor([5, 5, 5, 6, 6, 6, 6, 7] as [Float], shape: [1, 2, 2, 2]))
    #expect(found[1] == Tensor(expected, shape: [1, 2, 2, 2]))
  }

  @Test(arguments: [1, 2])
  func aNaNFillsItsWindows(outputs: Int) throws {
    var values = [Float](repeating: 1, count: 25)
    values[12] = .nan
    let found = try run(
      "MaxPool", opset: 12, inputs: [Tensor(values, shape: [1, 1, 5, 5])],
      attributes: ["kernel_shape": .ints([2, 2])], outputs: outputs)
    let places = found[0].elements(of: Float.self).enumerated().filter { $1.isNaN }.map {
      $0.offset
    }
    #expect(places == [5, 6, 9, 10])
  }

  @Test func infinitiesAreOrdinary() throws {
    let found = try result(
      "MaxPool", opset: 12,
      Tensor([-.infinity, -.infinity, .infinity] as [Float], shape: [1, 1, 3]),
      attributes: ["kernel_shape": .ints([2])])
    #expect(found.elements() == [-.infinity, .infinity] as [Float])
  }

  @Test func averagesAllThatIsSpatial() throws {
    let input = Tensor((0..<24).map { Double($0) }, shape: [2, 2, 1, 2, 3])
    let found = try result("GlobalAveragePool", opset: 7, input)
    #expect(found == Tensor([2.5, 8.5, 14.5, 20.5], shape: [2, 2, 1, 1, 1]))
  }

  @Test func noPlanesGiveNone() throws {
    let input = Tensor([] as [Float], shape: [0, 3, 4, 4])
    for type in ["MaxPool", "AveragePool"] {
      let found = try result(type, opset: 12, input, attributes: ["kernel_shape": .ints([2, 2])])
      #expect(found.shape == [0, 3, 3, 3])
    }
    #expect(try result("GlobalAveragePool", opset: 12, input).shape == [0, 3, 1, 1])
  }

  // MARK: Refusals

  struct Refusal: CustomTestStringConvertible {
    let message: String
    let found: String?
    init(
      _ message: String, opset: Int = 12, _ attributes: [String: Attribute],
      type: String = "MaxPool", input: Tensor = Tensor(PoolingTests.line, shape: [1, 1, 8]),
      outputs: Int = 1
    ) {
      self.message = message
      found = refusal(type, opset: opset, input, attributes: attributes, outputs: outputs)
    }
    var testDescription: String { message }
  }

  static let refusals = [
    Refusal("kernel_shape is missing", [:]),
    Refusal("kernel [0] does not fit", ["kernel_shape": .ints([0])]),
    Refusal("kernel [2, 2] does not fit", ["kernel_shape": .ints([2, 2])]),
    Refusal("strides is [0]", window(2, stride: 0)),
    Refusal("strides is [-1]", window(2, stride: -1)),
    Refusal("dilations is [\(Int64.max)]", window(2, dilation: .max)),
    Refusal("pads is [-1, 0]", window(2, pads: [-1, 0])),
    Refusal("pads is [\(Int64.max), 0]", window(2, pads: [.max, 0])),
    Refusal("expected fewer than a window reaches", window(2, pads: [2, 0])),
    Refusal("a window of 20 does not fit", window(20)),
    Refusal("a window of 2147483648 does not fit", window(2, dilation: 2_147_483_647)),
    Refusal("attribute auto_pad is 'SAME'", window(2, ["auto_pad": .string("SAME")])),
    Refusal("attribute ceil_mode is 2", window(2, ["ceil_mode": .int(2)])),
    Refusal("unknown attribute ceil_mode, dilations", opset: 9, window(2, ["ceil_mode": .int(1)])),
    Refusal("unknown attribute dilations", opset: 18, window(2), type: "AveragePool"),
    Refusal(
      "unknown attribute storage_order", ["kernel_shape": .ints([2]), "storage_order": .int(0)],
      type: "AveragePool"),
    Refusal("2 outputs in opset 7", opset: 7, ["kernel_shape": .ints([2])], outputs: 2),
    Refusal(
      "input 0 is int32", window(2), input: Tensor([1, 2] as [Int32], shape: [1, 1, 2])),
    Refusal(
      "input 0 is int8", ["kernel_shape": .ints([2])], type: "AveragePool",
      input: Tensor([1, 2] as [Int8], shape: [1, 1, 2])),
    Refusal(
      "expected one to three spatial dimensions", window(2),
      input: Tensor([1] as [Float], shape: [1, 1, 1, 1, 1, 1])),
    Refusal(
      "expected [N,C,…]", [:], type: "GlobalAveragePool", input: Tensor([1] as [Float])),
  ]

  @Test(arguments: refusals)
  func refuses(_ row: Refusal) {
    #expect(row.found?.contains(row.message) == true, "\(row.found ?? "accepted")")
  }
}
