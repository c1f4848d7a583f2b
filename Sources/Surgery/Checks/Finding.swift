/// How bad a finding is.
public enum Severity: String, Sendable, Codable {
  /// The graph is not what ONNX or the plugin takes, or detects something else.
  case error
  /// The graph may work, or works today.
  case warning
}

/// Something wrong with a model.
public struct Finding: Sendable, Codable, Equatable {
  /// The name of the rule, such as `anchors-kind`.
  public var rule: String
  public var severity: Severity
  /// A node, tensor or entry of the model.
  public var place: String
  /// What was found and what was expected.
  public var message: String
  public var remedy: String
}
