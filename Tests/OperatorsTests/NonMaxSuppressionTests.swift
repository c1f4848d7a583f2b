import ONNXGraph
import Tensors
import Testing

@Suite struct NonMaxSuppressionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var isCentered = false
    var maximumCount: Int64?
    var iouThreshold: Float?
    var scoreThreshold: Float?
    var opset = 11
    /// Image, class and box of each that stays.
    var expected: [Int64]

    var testDescription: String {
      "\(maximumCount.map { "\($0)" } ?? "no") boxes, overlap "
        + "\(iouThreshold.map { "\($0)" } ?? "left out"), score "
        + "\(scoreThreshold.map { "\($0)" } ?? "left out")\(isCentered ? ", centre and size" : "")"
    }
  }

  /// What ONNX Runtime 1.32 gives on the scene below.
  static let cases = [
    Case(
      maximumCount: 5, iouThreshold: 0.3, scoreThreshold: 0.2,
      expected: [
        0, 0, 8, 0, 0, 9, 0, 0, 3, 0, 0, 11, 0, 0, 7, 0, 1, 7, 0, 1, 10, 0, 1, 5, 0, 1, 2, 0, 1, 0,
        1, 0, 4, 1, 0, 3, 1, 0, 6, 1, 0, 11, 1, 0, 10, 1, 1, 5, 1, 1, 2, 1, 1, 0, 1, 1, 4, 1, 1, 3,
      ]),
    Case(
      maximumCount: 2, iouThreshold: 0.3,
      expected: [0, 0, 8, 0, 0, 9, 0, 1, 7, 0, 1, 10, 1, 0, 4, 1, 0, 3, 1, 1, 5, 1, 1, 2]),
    Case(
      isCentered: true, maximumCount: 12, iouThreshold: 0.1, scoreThreshold: 0.25, opset: 10,
      expected: [
        0, 0, 8, 0, 0, 3, 0, 0, 11, 0, 0, 10, 0, 1, 7, 0, 1, 5, 0, 1, 0, 1, 0, 4, 1, 0, 3, 1, 0, 6,
        1, 0, 11, 1, 0, 5, 1, 1, 5, 1, 1, 0,
      ]),
    Case(
      maximumCount: 12, scoreThreshold: 0.5, opset: 10,
      expected: [
        0, 0, 8, 0, 0, 3, 0, 0, 11, 0, 1, 7, 0, 1, 5, 1, 0, 4, 1, 0, 3, 1, 0, 6, 1, 1, 5, 1, 1, 0,
      ]),
    Case(
      maximumCount: 12, iouThreshold: 1, scoreThreshold: 0.8,
      expected: [
        0, 0, 8, 0, 0, 9, 0, 1, 7, 0, 1, 10, 0, 1, 5, 1, 0, 4, 1, 0, 3, 1, 0, 6, 1, 0, 11, 1, 1, 5,
        1, 1, 1, 1, 1, 2,
      ]),
    Case(iouThreshold: 0.5, scoreThreshold: 0.1, expected: []),
    Case(
      maximumCount: 3, iouThreshold: 0.2, scoreThreshold: 0.4375,
      expected: [
        0, 0, 8, 0, 0, 9, 0, 0, 3, 0, 1, 7, 0, 1, 5, 0, 1, 2, 1, 0, 4, 1, 0, 3, 1, 0, 6, 1, 1, 5,
        1, 1, 2, 1, 1, 0,
      ]),
  ]

  /// Two images of twelve boxes, a third of them with their corners exchanged.
  private static func boxes(isCentered: Bool) -> Tensor {
    let numbers = (0..<24).flatMap { place -> [Float] in
      let (n, i) = (place / 12, place % 12)
      let (y, x) = (Float((7 * i + 3 * n) % 23), Float((5 * i + n) % 19))
      let (height, width) = (Float(8 + 3 * i % 7), Float(9 - i % 4))
      if isCentered { return [y, x, height, width] }
      return i % 3 == 0 ? [y + height, x + width, y, x] : [y, x, y + height, x + width]
    }
    return Tensor(numbers, shape: [2, 12, 4])
  }

  private static let scores = Tensor(
    (0..<48).map { place -> Float in
      let (n, c, i) = (place / 24, place / 12 % 2, place % 12)
      return Float((5 * i * i + 7 * c + 3 * n) % 17) / 16
    }, shape: [2, 2, 12])

  @Test("what ONNX Runtime selects", arguments: cases, [true, false])
  func selection(_ test: Case, constantInputs: Bool) throws {
    let selected = try run(
      "NonMaxSuppression", opset: test.opset,
      inputs: [
        Self.boxes(isCentered: test.isCentered), Self.scores,
        test.maximumCount.map { Tensor(scalar: $0) }, test.iouThreshold.map { Tensor(scalar: $0) },
        test.scoreThreshold.map { Tensor([$0]) },
      ], attributes: test.isCentered ? ["center_point_box": .int(1)] : [:],
      constantInputs: constantInputs)[0]
    #expect(selected.shape == [test.expected.count / 3, 3])
    #expect(selected.elements(of: Int64.self) == test.expected)
  }

  @Test("float64 boxes and scores are rounded")
  func float64() throws {
    func wide(_ tensor: Tensor) -> Tensor {
      Tensor(tensor.elements(of: Float.self).map { Double($0) }, shape: tensor.shape)
    }
    let test = Self.cases[0]
    let selected = try run(
      "NonMaxSuppression", opset: 11,
      inputs: [
        wide(Self.boxes(isCentered: false)), wide(Self.scores), Tensor(scalar: Int64(5)),
        Tensor(scalar: 0.3), Tensor(scalar: 0.2),
      ])[0]
    #expect(selected.elements(of: Int64.self) == test.expected)
  }

  @Test("refused with a reason")
  func refusals() {
    let boxes = Self.boxes(isCentered: false)
    let one = Tensor(scalar: Int64(1))
    func says(_ inputs: Tensor?..., attributes: [String: Attribute] = [:]) -> String {
      do {
        _ = try run("NonMaxSuppression", opset: 11, inputs: inputs, attributes: attributes)
        return "not refused"
      } catch {
        return "\(error)"
      }
    }
    #expect(says(boxes, boxes).contains("expected [N,A,4] and [N,nc,A]"))
    #expect(
      says(boxes, Self.scores, one, Tensor(scalar: Float(1.5))).contains(
        "input 3 (iou_threshold) is 1.5, expected 0 to 1"))
    #expect(
      says(boxes, Self.scores, Tensor(scalar: Float(1))).contains(
        "input 2 is float32[], expected one int64"))
    #expect(
      says(boxes, Self.scores, attributes: ["center_point_box": .int(2)]).contains(
        "attribute center_point_box is 2, expected 0 or 1"))
    #expect(says(boxes).contains("1 inputs, expected 2 to 5"))
  }
}
