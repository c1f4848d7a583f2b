import Operators

enum PluginRemovedRule: CheckRule {
  static let name = "plugin-removed"
  static let severity = Severity.error
  static let summary = "A plugin is none that the TensorRT of --target has."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.targetPlugins.compactMap { node, plugin, target in
      guard let (since, replacement) = plugin.removed, since < target.next else { return nil }
      let extent = since > target.first ? "from \(since) on" : "any more"
      return RuleFinding(
        at: node.title, "\(target.title) has no \(node.operatorType) \(extent)",
        remedy: "use \(replacement)")
    }
  }
}
