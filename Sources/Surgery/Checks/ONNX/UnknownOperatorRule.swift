import Interpreter
import ONNXGraph

enum UnknownOperatorRule: CheckRule {
  static let name = "unknown-operator"
  static let severity = Severity.warning
  static let summary = "An operator this tool does not have: nothing behind it can be checked."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.model.missingOperators().map { missing in
      RuleFinding(
        at: missing.type, "cannot be run or checked: \(missing)",
        remedy: "check the name and the domain")
    }
  }
}
