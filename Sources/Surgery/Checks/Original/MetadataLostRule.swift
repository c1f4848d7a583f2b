import ONNXGraph
import Tensors

enum MetadataLostRule: CheckRule {
  static let name = "metadata-lost"
  static let severity = Severity.warning
  static let summary = "Class names or stride of the original's metadata are gone or changed."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    guard let original = subject.original else { return [] }
    return ["names", "stride"].compactMap { key in
      guard let expected = original.metadata[key], subject.model.metadata[key] != expected else {
        return nil
      }
      let found = subject.model.metadata[key] == nil ? "is gone" : "is another than the original's"
      return RuleFinding(
        at: "metadata '\(shown: key)'", found, remedy: "copy metadata_props from the original")
    }
  }
}
