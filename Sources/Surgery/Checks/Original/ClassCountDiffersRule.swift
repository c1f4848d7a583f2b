import ONNXGraph

enum ClassCountDiffersRule: CheckRule {
  static let name = "class-count-differs"
  static let severity = Severity.error
  static let summary = "A plugin has another number of classes than the original."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    guard case .success(let original)? = subject.originalDecode else { return [] }
    return subject.plugins.compactMap { node in
      guard let classes = ClassCountRule.classCount(node), classes != original.classCount else {
        return nil
      }
      return RuleFinding(
        at: node.title, "has \(classes) classes, the original \(original.classCount)",
        remedy: "give the original's number of classes")
    }
  }
}
