import BoxMath
import ONNXGraph
import Tensors

enum HalfPrecisionHeadsRule: CheckRule {
  static let name = "half-precision-heads"
  static let severity = Severity.error
  static let summary = "A plugin that reads float32 only is given another type."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.plugins.flatMap { node in
      node.inputs.compactMap { input in
        guard let type = subject.inference.description(of: input)?.elementType, type != .float32,
          !(type == .float16 && node.operatorType == EfficientNMSParameters.operatorType)
        else { return nil }
        return RuleFinding(
          at: node.title, "'\(shown: input)' is \(type), but the plugin reads float32 only",
          remedy: "put a Cast to float32 before the plugin")
      }
    }
  }
}
