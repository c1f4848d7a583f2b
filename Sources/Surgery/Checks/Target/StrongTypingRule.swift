import Operators
import Tensors

/// TensorRT 11 builds strongly typed networks only: an engine computes in the types the file has.
enum StrongTypingRule: CheckRule {
  static let name = "strong-typing"
  static let severity = Severity.warning
  static let summary =
    "With --target tensorrt-11: the graph is float32, and that is what the engine computes in."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    guard subject.target == .tensorrt11 else { return [] }
    let weights = subject.model.graph.nodes.filter(\.mixesChannels).compactMap { node in
      node.hasInput(1) ? subject.inference.description(of: node.input(1))?.elementType : nil
    }
    guard !weights.isEmpty, weights.allSatisfy({ $0 == .float32 }) else { return [] }
    return [
      RuleFinding(
        at: "model",
        "every weight is float32, and TensorRT 11 is strongly typed: there is no --fp16",
        remedy: "for a faster engine, export float16 tensors or Q/DQ nodes")
    ]
  }
}
