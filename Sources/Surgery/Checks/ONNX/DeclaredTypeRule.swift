import ONNXGraph
import Tensors

enum DeclaredTypeRule: CheckRule {
  static let name = "declared-type"
  static let severity = Severity.error
  static let summary = "A tensor is declared to be of a type it does not have."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    (subject.model.graph.valueInfos + subject.model.graph.outputs).compactMap { info in
      guard let declared = info.elementType,
        let found = subject.inference.description(of: info.name)?.elementType, found != declared
      else { return nil }
      return RuleFinding(
        at: "tensor '\(shown: info.name)'", "is declared \(declared), but is \(found)",
        remedy: "correct the declaration or leave it out")
    }
  }
}
