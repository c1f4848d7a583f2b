import ONNXGraph

enum IRVersionRule: CheckRule {
  static let name = "ir-version"
  static let severity = Severity.error
  static let summary = "The file's IR version is older than 3."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.problems.filter { $0.kind == .irVersion }.map {
      RuleFinding(at: "model", $0.text, remedy: "export the model again")
    }
  }
}
