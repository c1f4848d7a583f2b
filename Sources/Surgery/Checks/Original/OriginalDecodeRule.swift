import ONNXGraph

enum OriginalDecodeRule: CheckRule {
  static let name = "original-decode"
  static let severity = Severity.warning
  static let summary = "The original's decode is not known, so that nothing is held against it."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    guard case .failure(let error)? = subject.originalDecode else { return [] }
    return [
      RuleFinding(
        at: "original", "\(error)", remedy: "give the export that decodes, as --against")
    ]
  }
}
