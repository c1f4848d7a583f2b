import Operators

enum PluginLibraryRule: CheckRule {
  static let name = "plugin-library"
  static let severity = Severity.warning
  static let summary = "A plugin is none of TensorRT's own: with --target, which library brings it."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.targetPlugins.compactMap { node, plugin, target in
      guard let library = plugin.library else { return nil }
      return RuleFinding(
        at: node.title, "\(node.operatorType) is none of \(target.title)'s own plugins",
        remedy: "build \(library) for that version and load it beside the engine")
    }
  }
}
