import ONNXGraph
import Tensors

enum SigmoidMissingRule: CheckRule {
  static let name = "sigmoid-missing"
  static let severity = Severity.error
  static let summary = "A map given to YoloLayer_TRT has not been through a sigmoid."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.yoloLayers.flatMap { node in
      node.inputs.filter { subject.sigmoids(before: $0) == 0 }.map { map in
        RuleFinding(
          at: node.title, "map '\(shown: map)' comes from its convolution without a sigmoid",
          remedy: "put a Sigmoid before the plugin")
      }
    }
  }
}
