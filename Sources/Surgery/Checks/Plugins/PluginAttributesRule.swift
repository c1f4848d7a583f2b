import ONNXGraph
import Operators

enum PluginAttributesRule: CheckRule {
  static let name = "plugin-attributes"
  static let severity = Severity.warning
  static let summary =
    "A plugin's node has an attribute that its creator never asks for, or a list of one for a number."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.plugins.flatMap { node in
      node.pluginRemarks.map { RuleFinding(at: node.title, $0.text, remedy: $0.remedy) }
    }
  }
}
