import BoxMath
import ONNXGraph
import Tensors

enum PluginOutputsRule: CheckRule {
  static let name = "plugin-outputs"
  static let severity = Severity.error
  static let summary =
    "The graph does not give out what the plugin makes, or under another output's name."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    let names = YoloLayerParameters.outputNames
    let outputs = Set(subject.model.graph.outputs.map(\.name))
    return subject.yoloLayers.flatMap { node in
      names.indices.compactMap { place -> RuleFinding? in
        guard node.outputs.indices.contains(place), !node.output(place).isEmpty else {
          return RuleFinding(
            at: node.title, "names no output \(place) (\(names[place]))",
            remedy: "give the node its four outputs")
        }
        let output = node.output(place)
        if let standard = names.firstIndex(of: output), standard != place {
          return RuleFinding(
            at: node.title,
            "calls output \(place) '\(shown: output)', expected '\(shown: names[place])'",
            remedy: "put the outputs in the plugin's order")
        }
        guard !outputs.contains(output), !isRead(output, subject.model.graph) else { return nil }
        return RuleFinding(
          at: node.title, "output \(place) ('\(shown: output)') is not given out",
          remedy: "make it an output of the graph")
      }
    }
  }

  private static func isRead(_ tensor: String, _ graph: Graph) -> Bool {
    graph.nodes.contains { $0.reads.contains(tensor) }
  }
}
