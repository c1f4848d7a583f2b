import ONNXGraph
import Tensors

enum PluginDomainRule: CheckRule {
  static let name = "plugin-domain"
  static let severity = Severity.warning
  static let summary = "A plugin node is in a domain of its own, which not every parser looks in."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.plugins.filter { !$0.domain.isEmpty }.map { node in
      RuleFinding(
        at: node.title,
        "is in domain '\(shown: node.domain)'; NVIDIA's graphs have it in the default one",
        remedy: "clear the node's domain")
    }
  }
}
