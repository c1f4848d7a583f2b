import ONNXGraph

enum AnchorsDifferRule: CheckRule {
  static let name = "anchors-differ"
  static let severity = Severity.error
  static let summary = "The plugin's anchors are not those the original decodes with."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    guard case .success(let original)? = subject.originalDecode else { return [] }
    let expected = original.scales.map { $0.anchors.flatMap { [$0.width, $0.height] } }
    return subject.yoloLayers.compactMap { node in
      guard let found = subject.anchorsByMap(of: node), found.count == expected.count,
        found != expected
      else { return nil }
      return RuleFinding(
        at: node.title, explanation(found, expected, original.scales.map(\.strideX)),
        remedy: "the original has "
          + expected.map { $0.map(\.plain).joined(separator: ",") }.joined(separator: " "))
    }
  }

  private static func explanation(
    _ found: [[Float]], _ expected: [[Float]], _ strides: [Double]
  ) -> String {
    let pairs = { (numbers: [Float]) in
      stride(from: 0, to: numbers.count, by: 2).map { [numbers[$0], numbers[$0 + 1]] }
    }
    if found.sorted(by: { $0.lexicographicallyPrecedes($1) })
      == expected.sorted(by: { $0.lexicographicallyPrecedes($1) })
    {
      return "the anchors are the original's, but of other maps"
    }
    if zip(found, expected).allSatisfy({ Set(pairs($0)) == Set(pairs($1)) }) {
      return "the anchors are the original's, but in another order within a map"
    }
    if found == expected.map({ pairs($0).flatMap { [$0[1], $0[0]] } }) {
      return "the anchors are the original's with width and height exchanged"
    }
    let inGrid = zip(zip(found, expected), strides).allSatisfy { numbers, stride in
      zip(numbers.0, numbers.1).allSatisfy { abs($0 * Float(stride) - $1) <= 1e-3 * $1 }
    }
    if inGrid { return "the anchors are the original's divided by the strides" }
    let differing = zip(found.joined(), expected.joined()).enumerated().filter { $1.0 != $1.1 }
    let first = differing[0]
    return "\(differing.count) of \(found.joined().count) numbers are not the original's: number "
      + "\(first.offset) is \(first.element.0.plain), expected \(first.element.1.plain)"
  }
}
