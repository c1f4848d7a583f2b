import Tensors

extension Report {
  /// The reasons of a verdict that is not `equivalent`, and what explains it, as annotations of GitHub Actions, a workflow
  /// command a line.
  ///
  /// Source: GitHub's documentation of workflow commands; `%`, line breaks and, in a property, `:`
  /// and `,` are escaped.
  public var annotations: [String] {
    guard verdict != .equivalent else { return [] }
    let title = "verify-patch: \(patched.path) is \(verdict.rawValue)"
    return (reasons + diagnosisLines).map { reason in
      "::error title=\(title.escapedForCommand(inProperty: true))::"
        + reason.escapedForCommand(inProperty: false)
    }
  }
}

extension String {
  fileprivate func escapedForCommand(inProperty: Bool) -> String {
    var escaped = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "%": escaped += "%25"
      case "\r": escaped += "%0D"
      case "\n": escaped += "%0A"
      case ":" where inProperty: escaped += "%3A"
      case "," where inProperty: escaped += "%2C"
      default: escaped += String(scalar).escapedForLine
      }
    }
    return escaped
  }
}
