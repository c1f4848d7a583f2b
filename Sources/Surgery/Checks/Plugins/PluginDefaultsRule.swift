import BoxMath
import ONNXGraph

enum PluginDefaultsRule: CheckRule {
  static let name = "plugin-defaults"
  static let severity = Severity.warning
  static let summary =
    "An attribute of YoloLayer_TRT is absent, so that the plugin's default applies."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.yoloLayers.flatMap { node in
      YoloLayerParameters.defaults.filter { node.attributes[$0.0] == nil }.map { name, value in
        RuleFinding(
          at: node.title, "attribute \(name) is absent, the plugin takes \(value)",
          remedy: "write the attribute out")
      }
    }
  }
}
