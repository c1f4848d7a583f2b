import ONNXGraph
import Operators
import Tensors
import Testing

@Suite("Activations with parameters")
struct ActivationAttributeTests {
  @Test func leakyReluTakesItsSlope() throws {
    let x = Tensor([-2, 0, 3, -.infinity, .nan] as [Float])
    let y: [Float] = try result("LeakyRelu", opset: 9, x, attributes: ["alpha": .float(0.5)])
      .elements()
    #expect(y[..<4] == [-1, 0, 3, -.infinity])
    #expect(y[4].isNaN)
  }

  @Test func hardSigmoidTakesItsLine() throws {
    let y = try result(
      "HardSigmoid", opset: 13, Tensor([-1, 0, 1] as [Double]),
      attributes: ["alpha": .float(0.5), "beta": .float(0.75)])
    #expect(y == Tensor([0.25, 0.75, 1] as [Double]))
  }

  @Test func slopesOfPReluAreBroadcastToItsInput() throws {
    let x = Tensor([-1, 2, -3, -4, .nan, 6] as [Float], shape: [1, 3, 2])
    let slope = Tensor([0.5, 2, -1] as [Float], shape: [3, 1])
    let y: [Float] = try result("PRelu", opset: 9, x, slope).elements()
    #expect(y[..<4] == [-0.5, 2, -6, -8])
    #expect(y[4].isNaN && y[5] == 6)
    #expect(
      refusal("PRelu", opset: 16, slope, x)
        == "slope [1,3,2] does not broadcast to the shape [3,1] of input 0")
    let whole = try result(
      "PRelu", opset: 9, Tensor([-3, 4] as [Int32]), Tensor(scalar: Int32(2)))
    #expect(whole == Tensor([-6, 4] as [Int32]))
  }

  @Test func unknownAttributesAreRefused() {
    #expect(
      refusal("Relu", opset: 13, Tensor([1] as [Float]), attributes: ["alpha": .float(1)])
        == "unknown attribute alpha in opset 13")
  }
}

@Suite("Clip")
struct ClipTests {
  static let x = Tensor([-2, -1, 0, 1, 2, .nan, .infinity] as [Float])

  struct Row: CustomTestStringConvertible {
    let lowest: Float?
    let highest: Float?
    let result: [Float]
    var testDescription: String { "\(lowest as Any) \(highest as Any)" }
  }

  static let rows = [
    Row(lowest: -1, highest: 1, result: [-1, -1, 0, 1, 1, .nan, 1]),
    Row(lowest: 0.5, highest: nil, result: [0.5, 0.5, 0.5, 1, 2, .nan, .greatestFiniteMagnitude]),
    Row(lowest: nil, highest: 0, result: [-2, -1, 0, 0, 0, .nan, 0]),
    Row(lowest: nil, highest: nil, result: [-2, -1, 0, 1, 2, .nan, .greatestFiniteMagnitude]),
    Row(lowest: 2, highest: 1, result: [1, 1, 1, 1, 1, .nan, 1]),
  ]

  @Test(arguments: rows)
  func boundsAreAttributesAndLaterInputs(_ row: Row) throws {
    var attributes: [String: Attribute] = [:]
    if let lowest = row.lowest { attributes["min"] = .float(lowest) }
    if let highest = row.highest { attributes["max"] = .float(highest) }
    let byAttributes = try result("Clip", opset: 10, Self.x, attributes: attributes)
    for constant in [true, false] {
      let byInputs = try result(
        "Clip", opset: 11, Self.x, row.lowest.map { Tensor(scalar: $0) },
        row.highest.map { Tensor(scalar: $0) }, constantInputs: constant)
      #expect(byInputs == byAttributes)
    }
    for (found, expected) in zip(byAttributes.elements(of: Float.self), row.result) {
      #expect(found == expected || (found.isNaN && expected.isNaN))
    }
  }

  @Test func integersAreClippedFromOpset12On() throws {
    let x = Tensor([-100, 5, 100] as [Int8])
    #expect(
      try result("Clip", opset: 12, x, Tensor(scalar: Int8(-3)), nil)
        == Tensor([-3, 5, 100] as [Int8]))
    #expect(try result("Clip", opset: 12, x) == x)
  }

  @Test func boundsThatAreNoScalarsOfTheTypeAreRefused() {
    #expect(
      refusal("Clip", opset: 13, Self.x, Tensor(scalar: Int64(0)))
        == "input 1 is int64 [], expected a scalar of float32")
    #expect(
      refusal("Clip", opset: 13, Self.x, nil, Tensor([1, 2] as [Float]))
        == "input 2 is float32 [2], expected a scalar of float32")
    #expect(
      refusal("Clip", opset: 13, Self.x, attributes: ["min": .float(0)])
        == "unknown attribute min in opset 13")
  }
}
