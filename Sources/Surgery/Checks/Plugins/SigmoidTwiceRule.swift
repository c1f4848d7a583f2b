import ONNXGraph
import Tensors

enum SigmoidTwiceRule: CheckRule {
  static let name = "sigmoid-twice"
  static let severity = Severity.error
  static let summary = "A map given to YoloLayer_TRT has been through more than one sigmoid."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.yoloLayers.flatMap { node in
      node.inputs.compactMap { map in
        guard let count = subject.sigmoids(before: map), count > 1 else { return nil }
        return RuleFinding(
          at: node.title, "map '\(shown: map)' has been through \(count) sigmoids",
          remedy: "leave one Sigmoid before the plugin")
      }
    }
  }
}
