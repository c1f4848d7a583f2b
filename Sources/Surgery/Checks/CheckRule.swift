/// What a rule found, to be completed with the rule's name and severity.
package struct RuleFinding {
  let place: String
  let message: String
  let remedy: String

  init(at place: String, _ message: String, remedy: String) {
    self.place = place
    self.message = message
    self.remedy = remedy
  }
}

/// One thing that can be wrong with a model.
///
/// A new rule is one type in one file and one line in ``CheckRules``.
package protocol CheckRule: SendableMetatype {
  /// In kebab case.
  static var name: String { get }
  static var severity: Severity { get }
  /// What the rule finds, for the manual.
  static var summary: String { get }
  static func check(_ subject: CheckSubject) -> [RuleFinding]
}
