import ONNXGraph

/// Limits of NVIDIA's NMS plugins: at most 4096 boxes may enter the suppression, no more can be kept
/// than enter, thresholds are probabilities, and a background class takes no part.
enum NMSAttributesRule: CheckRule {
  static let name = "nms-attributes"
  static let severity = Severity.error
  static let summary =
    "An NMS plugin's limits or thresholds are outside what it takes, or drop a class."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.plugins.filter { CheckSubject.nmsTypes.contains($0.operatorType) }.flatMap { node in
      limits(node) + thresholds(node) + background(node)
    }
  }

  private static func limits(_ node: Node) -> [RuleFinding] {
    var findings: [RuleFinding] = []
    for name in ["topK", "keepTopK", "max_output_boxes"] {
      guard case .int(let value) = node.attributes[name], !(1...4096 ~= value) else { continue }
      findings.append(
        RuleFinding(
          at: node.title, "attribute \(name) is \(value), expected 1 to 4096",
          remedy: "lower it"))
    }
    if case .int(let top) = node.attributes["topK"],
      case .int(let kept) = node.attributes["keepTopK"], kept > top
    {
      findings.append(
        RuleFinding(
          at: node.title, "keepTopK is \(kept), more than topK, \(top)",
          remedy: "keep at most what enters"))
    }
    return findings
  }

  private static func thresholds(_ node: Node) -> [RuleFinding] {
    ["scoreThreshold", "iouThreshold", "score_threshold", "iou_threshold"].compactMap { name in
      guard case .float(let value) = node.attributes[name], !(0...1 ~= value) else { return nil }
      return RuleFinding(
        at: node.title, "attribute \(name) is \(value), expected 0 to 1", remedy: "correct it")
    }
  }

  private static func background(_ node: Node) -> [RuleFinding] {
    ["backgroundLabelId", "background_class"].compactMap { name in
      guard case .int(let value) = node.attributes[name], value >= 0 else { return nil }
      return RuleFinding(
        at: node.title, "attribute \(name) is \(value): that class is never detected",
        remedy: "set it to -1; YOLO has no background class")
    }
  }
}
