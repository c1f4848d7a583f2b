import ONNXGraph
import Tensors

enum TensorMadeTwiceRule: CheckRule {
  static let name = "tensor-made-twice"
  static let severity = Severity.error
  static let summary = "Two nodes, or a node and an input or initializer, make one tensor (SSA)."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    let graph = subject.model.graph
    var makers: [String: String] = [:]
    for input in graph.inputs { makers[input.name] = "an input" }
    for name in graph.initializers.keys { makers[name] = "an initializer" }
    var findings: [RuleFinding] = []
    for node in graph.nodes {
      for output in node.outputs where !output.isEmpty {
        if let other = makers.updateValue(node.title, forKey: output) {
          findings.append(
            RuleFinding(
              at: node.title, "makes tensor '\(shown: output)', which \(other) makes as well",
              remedy: "give one of the two another name"))
        }
      }
    }
    return findings
  }
}
