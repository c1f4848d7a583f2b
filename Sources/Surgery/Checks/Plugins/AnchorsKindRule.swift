import ONNXGraph

enum AnchorsKindRule: CheckRule {
  static let name = "anchors-kind"
  static let severity = Severity.error
  static let summary =
    "An attribute of YoloLayer_TRT has another kind than the plugin reads: INTS for FLOATS anchors."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    let kinds = [
      ("anchors", "FLOATS", "write the anchors as floats: [10.0, 13.0, …], not [10, 13, …]"),
      ("max_stride", "INT", "write an integer"), ("num_classes", "INT", "write an integer"),
      ("prenms_score_threshold", "FLOAT", "write a float"),
    ]
    return subject.yoloLayers.flatMap { node in
      kinds.compactMap { name, expected, remedy in
        guard let attribute = node.attributes[name], attribute.kind != expected,
          !attribute.isListOfOne(expected)
        else { return nil }
        return RuleFinding(
          at: node.title, "attribute \(name) is \(attribute.kind), expected \(expected)",
          remedy: remedy)
      }
    }
  }
}

extension Attribute {
  /// Whether it is a list of one number of a kind, which the plugin reads as that number.
  fileprivate func isListOfOne(_ kind: String) -> Bool {
    switch self {
    case .ints(let values): kind == "INT" && values.count == 1
    case .floats(let values): kind == "FLOAT" && values.count == 1
    default: false
    }
  }
}
