import BoxMath
import TestSupport
import Testing

@Suite struct BoxMathTests {
  @Test("corners round once")
  func corners() {
    let box = Box(centerX: 0.1, centerY: 300.3, width: 1e8, height: 0.7)
    #expect(box.x1 == Float(Double(Float(0.1)) - 0.5e8))
    #expect(box.y2 == Float(Double(Float(300.3)) + 0.5 * Double(Float(0.7))))
  }

  struct Overlap: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var a: Box
    var b: Box
    var expected: Float
  }

  static let unit = Box(x1: 0, y1: 0, x2: 2, y2: 2)
  static let overlaps = [
    Overlap(testDescription: "itself", a: unit, b: unit, expected: 1),
    Overlap(
      testDescription: "half", a: unit, b: Box(x1: 1, y1: 0, x2: 3, y2: 2), expected: 2.0 / 6),
    Overlap(testDescription: "touching", a: unit, b: Box(x1: 2, y1: 0, x2: 3, y2: 2), expected: 0),
    Overlap(testDescription: "apart", a: unit, b: Box(x1: 5, y1: 5, x2: 6, y2: 6), expected: 0),
    Overlap(
      testDescription: "inside", a: unit, b: Box(x1: 0.5, y1: 0.5, x2: 1.5, y2: 1.5),
      expected: 0.25),
    Overlap(
      testDescription: "no area", a: Box(x1: 1, y1: 1, x2: 1, y2: 1),
      b: Box(x1: 1, y1: 1, x2: 1, y2: 1), expected: 0),
    Overlap(
      testDescription: "not a number", a: Box(x1: .nan, y1: 0, x2: 2, y2: 2), b: unit, expected: 0),
  ]

  @Test("intersection over union", arguments: overlaps)
  func intersectionOverUnion(_ row: Overlap) {
    #expect(row.a.intersectionOverUnion(with: row.b) == row.expected)
    #expect(row.b.intersectionOverUnion(with: row.a) == row.expected)
  }

  @Test("the largest difference of two boxes is NaN when one coordinate is")
  func largestDifference() {
    let moved = Box(x1: 0, y1: 0.5, x2: 1.75, y2: 2)
    #expect(Self.unit.largestDifference(from: moved) == 0.5)
    #expect(Self.unit.largestDifference(from: Self.unit) == 0)
    for place in 0..<4 {
      var corners = SIMD4<Float>(0, 0, 2, 9)
      corners[place] = .nan
      let broken = Box(x1: corners.x, y1: corners.y, x2: corners.z, y2: corners.w)
      #expect(Self.unit.largestDifference(from: broken).isNaN)
    }
  }

  @Test("the class rules part where no class is above zero")
  func classRules() {
    let rows: [(values: [Float], first: Int, plugin: Int)] = [
      ([0.1, 0.7, 0.7], 1, 1), ([0, 0, 0], 0, -1), ([-3, -1, -2], 1, -1),
      ([.nan, 0.5, 0.25], 1, 1), ([0.5, .nan, 0.75], 2, 2), ([.nan, .nan], 0, -1), ([0.25], 0, 0),
    ]
    for (values, first, plugin) in rows {
      let choice = ClassChoice<Float>.firstLargest(of: values.count) { values[$0] }
      let pluginChoice = ClassChoice<Float>.pluginRule(of: values.count) { values[$0] }
      #expect(choice.index == first && pluginChoice.index == plugin, "\(values)")
      #expect(choice.probability == values[first] || values.allSatisfy(\.isNaN))
      #expect(pluginChoice.probability == (plugin < 0 ? 0 : values[plugin]))
    }
  }

  @Test("suppression keeps what a plain loop keeps", arguments: 0..<20 as Range<UInt64>)
  func suppression(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let count = Int.random(in: 0...60, using: &generator)
    let boxes = (0..<count).map { _ in
      let x = Float.random(in: 0...40, using: &generator)
      let y = Float.random(in: 0...40, using: &generator)
      return Box(x1: x, y1: y, x2: x + 20, y2: y + .random(in: 10...30, using: &generator))
    }
    // Few values, so that scores tie.
    let scores = boxes.map { _ in Float(Int.random(in: 1...8, using: &generator)) / 8 }
    let classes = boxes.map { _ in Int.random(in: -1...2, using: &generator) }
    let kept = NonMaximumSuppression(iouThreshold: 0.45, maximumCount: 12)(
      boxes: boxes, scores: scores, classes: classes)

    var alive = Array(boxes.indices)
    var expected: [Int] = []
    while let best = alive.max(by: { (scores[$0], -$0) < (scores[$1], -$1) }), expected.count < 12 {
      expected.append(best)
      alive.removeAll { other in
        other == best
          || classes[other] == classes[best]
            && boxes[other].intersectionOverUnion(with: boxes[best]) > 0.45
      }
    }
    #expect(kept == expected)
  }

  @Test("a box whose overlap is exactly the threshold stays")
  func suppressionAtThreshold() {
    let boxes = [Self.unit, Box(x1: 0.5, y1: 0.5, x2: 1.5, y2: 1.5)]
    func kept(_ threshold: Float) -> [Int] {
      NonMaximumSuppression(iouThreshold: threshold, maximumCount: 10)(
        boxes: boxes, scores: [0.5, 0.9], classes: [3, 3])
    }
    #expect(kept(0.25) == [1, 0])
    #expect(kept(Float(0.25).nextDown) == [1])
    #expect(
      NonMaximumSuppression(iouThreshold: 1, maximumCount: 0)(
        boxes: boxes, scores: [1, 1], classes: [0, 1]
      ).isEmpty)
  }
}
