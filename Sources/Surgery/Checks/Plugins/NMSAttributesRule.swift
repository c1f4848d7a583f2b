import BoxMath
import ONNXGraph
import Operators

/// Limits of NVIDIA's NMS plugins: at most 4096 boxes of a class (BatchedNMS), or 5000 of an image
/// (EfficientNMS), may enter the suppression, no more can be kept than enter, thresholds are
/// probabilities, and a background class takes no part.
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
    let batched = BatchedNMSParameters.largestCandidateLimit
    let limits = [
      ("topK", batched), ("keepTopK", batched),
      ("max_output_boxes", EfficientNMSParameters.candidateLimit),
    ]
    for (name, limit) in limits {
      guard let value = node.number(name), !(1...limit ~= value) else { continue }
      findings.append(
        RuleFinding(
          at: node.title, "attribute \(name) is \(value), expected 1 to \(limit)",
          remedy: "lower it"))
    }
    if let top = node.number("topK"), let kept = node.number("keepTopK"), kept > top {
      findings.append(
        RuleFinding(
          at: node.title, "keepTopK is \(kept), more than topK, \(top)",
          remedy: "keep at most what enters"))
    }
    return findings
  }

  private static func thresholds(_ node: Node) -> [RuleFinding] {
    ["scoreThreshold", "iouThreshold", "score_threshold", "iou_threshold"].compactMap { name in
      var attributes = PluginNode(node)
      guard let value = try? attributes.float(name), !(0...1 ~= value) else { return nil }
      return RuleFinding(
        at: node.title, "attribute \(name) is \(value), expected 0 to 1", remedy: "correct it")
    }
  }

  private static func background(_ node: Node) -> [RuleFinding] {
    ["backgroundLabelId", "background_class"].compactMap { name in
      guard let value = node.number(name), value >= 0 else { return nil }
      return RuleFinding(
        at: node.title, "attribute \(name) is \(value): that class is never detected",
        remedy: "set it to -1; YOLO has no background class")
    }
  }
}

extension Node {
  /// An integer attribute as the plugin reads it.
  fileprivate func number(_ name: String) -> Int? {
    var attributes = PluginNode(self)
    return try? attributes.int(name)
  }
}
