import ONNXGraph

enum DuplicateEntryRule: CheckRule {
  static let name = "duplicate-entry"
  static let severity = Severity.error
  static let summary =
    "An attribute, initializer, input or metadata key is there twice, or an operator is redefined."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.problems.filter { $0.kind == .duplicate || $0.kind == .redefinition }.map {
      RuleFinding(at: "model", $0.text, remedy: "remove one of the two")
    }
  }
}
