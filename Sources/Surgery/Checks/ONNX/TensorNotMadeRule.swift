import ONNXGraph
import Tensors

enum TensorNotMadeRule: CheckRule {
  static let name = "tensor-not-made"
  static let severity = Severity.error
  static let summary = "A node reads, or the graph gives out, a tensor that nothing makes."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    let graph = subject.model.graph
    // A tensor whose data cannot be read is another rule's.
    let known = graph.tensorNames.union(graph.unreadableInitializers)
    var findings: [RuleFinding] = []
    for node in graph.nodes {
      for input in Set(node.reads).sorted() where !known.contains(input) {
        findings.append(
          RuleFinding(
            at: node.title, "reads '\(shown: input)', which nothing makes",
            remedy: "name the tensor that is meant, or take the node out"))
      }
    }
    return findings
      + graph.outputs.filter { !known.contains($0.name) }.map { output in
        RuleFinding(
          at: "output '\(shown: output.name)'", "is made by nothing",
          remedy: "name the tensor that is meant")
      }
  }
}
