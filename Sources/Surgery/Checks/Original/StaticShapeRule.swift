import ONNXGraph
import Tensors

enum StaticShapeRule: CheckRule {
  static let name = "static-shape"
  static let severity = Severity.warning
  static let summary = "An input has fixed dimensions where the original leaves them open."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    guard let original = subject.original else { return [] }
    return zip(original.graph.inputs, subject.model.graph.inputs).compactMap { before, after in
      guard let open = before.dimensions, let given = after.dimensions, open.count == given.count
      else { return nil }
      let fixed = zip(open, given).filter { $0.isOpen && !$1.isOpen }
      guard !fixed.isEmpty else { return nil }
      let list = fixed.map { "\($0.description) is \($1.description)" }.joined(separator: ", ")
      return RuleFinding(
        at: "input '\(shown: after.name)'", "\(list), which the original leaves open",
        remedy: "patch the dynamic export, or keep its dynamic axes")
    }
  }
}
