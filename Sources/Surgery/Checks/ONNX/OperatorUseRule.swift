import Interpreter
import ONNXGraph

enum OperatorUseRule: CheckRule {
  static let name = "operator-use"
  static let severity = Severity.error
  static let summary = "A node's attributes, inputs, types or shapes are none its operator takes."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    // What the rules on plugins say of a node is not said twice.
    subject.inference.problems.filter { problem in
      !subject.plugins.contains { $0.outputs == problem.node.outputs }
    }.map { problem in
      RuleFinding(
        at: problem.node.title, problem.text, remedy: "correct the node, or what makes its inputs")
    }
  }
}
