import BoxMath
import Detection
import ONNXGraph
import Tensors

enum ClassCountRule: CheckRule {
  static let name = "class-count"
  static let severity = Severity.error
  static let summary =
    "num_classes does not go with the maps' channels, or with the names in the metadata."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    let named = ClassNames(metadata: subject.model.metadata)?.count
    return subject.plugins.flatMap { node in
      guard let classes = classCount(node) else { return [RuleFinding]() }
      var findings: [RuleFinding] = []
      if let named, named != classes {
        findings.append(
          RuleFinding(
            at: node.title, "has \(classes) classes, but the metadata name \(named)",
            remedy: "give the number of classes the model was trained for"))
      }
      for map in node.inputs where node.operatorType == YoloLayerParameters.operatorType {
        let each = YoloLayerParameters.anchorsPerMap
        guard let shape = subject.shape(of: map), shape.rank == 4,
          shape[1] != each * (5 + classes)
        else { continue }
        let room = shape[1] % each == 0 ? "\(shape[1] / each - 5) classes" : "no number of classes"
        findings.append(
          RuleFinding(
            at: node.title,
            "map '\(shown: map)' has \(shape[1]) channels, which make \(room), but num_classes is \(classes)",
            remedy: "num_classes is the channels over three, less five"))
      }
      return findings
    }
  }

  static func classCount(_ node: Node) -> Int? {
    for name in ["num_classes", "numClasses"] {
      if case .int(let value) = node.attributes[name], (1...1 << 20).contains(value) {
        return Int(value)
      }
    }
    return nil
  }
}
