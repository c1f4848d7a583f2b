import ONNXGraph
import Tensors

enum NodeOrderRule: CheckRule {
  static let name = "node-order"
  static let severity = Severity.error
  static let summary = "A node stands before what it reads, or needs its own result."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    let graph = subject.model.graph
    let made = Set(graph.nodes.flatMap(\.outputs))
    var available: Set<String> = []
    var findings: [RuleFinding] = []
    for node in graph.nodes {
      let late = Set(node.reads).filter {
        made.contains($0) && !available.contains($0) && graph.initializers[$0] == nil
      }
      if let tensor = late.min() {
        findings.append(
          RuleFinding(
            at: node.title, "stands before the node that makes '\(shown: tensor)', which it reads",
            remedy: "sort the nodes (toposort)"))
      }
      available.formUnion(node.outputs)
    }
    return findings
  }
}
