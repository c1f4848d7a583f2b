import ONNXGraph

enum AnchorsOrderRule: CheckRule {
  static let name = "anchors-order"
  static let severity = Severity.warning
  static let summary = "The anchors do not grow from map to map: those of scales may be exchanged."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.yoloLayers.compactMap { node in
      guard let anchors = subject.anchorsByMap(of: node) else { return nil }
      let areas = anchors.map { numbers in
        stride(from: 0, to: numbers.count, by: 2).reduce(Float(0)) {
          $0 + numbers[$1] * numbers[$1 + 1]
        }
      }
      guard let map = areas.indices.dropFirst().first(where: { areas[$0] < areas[$0 - 1] }) else {
        return nil
      }
      return RuleFinding(
        at: node.title, "the anchors of map \(map) are smaller than those of map \(map - 1)",
        remedy: "give the anchors of the finest map first")
    }
  }
}
