import ONNXGraph

enum DuplicateEntryRule: CheckRule {
  static let name = "duplicate-entry"
  static let severity = Severity.error
  static let summary =
    "An attribute, initializer, input or metadata key is there twice, or a function cannot be inlined."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.problems.compactMap { problem in
      switch problem.kind {
      case .duplicate:
        RuleFinding(at: "model", problem.text, remedy: "remove one of the two")
      case .function:
        RuleFinding(at: "model", problem.text, remedy: "correct the function, or inline its calls")
      default: nil
      }
    }
  }
}
