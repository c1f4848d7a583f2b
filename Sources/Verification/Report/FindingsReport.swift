import Surgery
import Tensors

/// What checking a model found.
public struct FindingsReport: Sendable, Codable, Equatable {
  public var schema = 1
  public var path: String
  public var errors: Int
  public var warnings: Int
  public var findings: [Finding]

  public init(path: String, findings: [Finding]) {
    self.path = path
    self.findings = findings
    errors = findings.count { $0.severity == .error }
    warnings = findings.count - errors
  }

  /// The findings for people.
  public var text: String {
    var lines = findings.map { finding in
      ("\(finding.severity.rawValue) \(finding.rule): \(finding.place): \(finding.message); "
        + "\(finding.remedy)").escapedForLine
    }
    lines.append("\(path): \(errors) errors, \(warnings) warnings")
    return lines.map { $0 + "\n" }.joined()
  }
}
