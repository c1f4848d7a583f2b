import ONNXGraph
import Tensors

enum DeclaredShapeRule: CheckRule {
  static let name = "declared-shape"
  static let severity = Severity.error
  static let summary = "A tensor is declared to be of a shape it does not have."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    (subject.model.graph.valueInfos + subject.model.graph.outputs).compactMap { info in
      guard let declared = info.dimensions, let found = subject.shape(of: info.name),
        !fits(found, declared)
      else { return nil }
      let text = declared.map(\.description).joined(separator: ",")
      return RuleFinding(
        at: "tensor '\(shown: info.name)'", "is declared [\(text)], but is \(found)",
        remedy: "correct the declaration or leave it out")
    }
  }

  private static func fits(_ shape: Shape, _ declared: [Dimension]) -> Bool {
    shape.rank == declared.count
      && zip(shape, declared).allSatisfy { size, dimension in
        dimension.isOpen || dimension == .fixed(size)
      }
  }
}
