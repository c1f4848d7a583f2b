import ONNXGraph

enum InitializerDataRule: CheckRule {
  static let name = "initializer-data"
  static let severity = Severity.error
  static let summary =
    "A tensor's data is missing, of another length than its shape, or unreadable."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.problems.filter { $0.kind == .initializer }.map {
      RuleFinding(at: "initializer", $0.text, remedy: "write the tensor's data again")
    }
  }
}
