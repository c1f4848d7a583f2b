import Operators

enum PluginDeprecatedRule: CheckRule {
  static let name = "plugin-deprecated"
  static let severity = Severity.warning
  static let summary = "The TensorRT of --target advises against a plugin."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.targetPlugins.compactMap { node, plugin, target in
      guard let (since, replacement) = plugin.deprecated, since < target.next else { return nil }
      return RuleFinding(
        at: node.title, "\(node.operatorType) is deprecated in \(target.title)",
        remedy: "use \(replacement); this version still builds the plugin")
    }
  }
}
