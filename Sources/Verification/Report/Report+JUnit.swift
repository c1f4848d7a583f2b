import Tensors

extension Report {
  /// The report as JUnit XML: a test case for each image and each thing that was looked at in it, the
  /// explanation and the diagnosis as the text of its failure. What could not be read or run is an error.
  public var junit: String {
    var cases = images.flatMap { image in
      (image.checks ?? []).map { JUnitCase(image: image, check: $0) }
    }
    for (name, isPresent) in [("synthetic", synthetic != nil), ("stress", stress != nil)] {
      let found = reasons.filter { $0.hasPrefix("\(name): ") }
      guard isPresent || !found.isEmpty else { continue }
      cases.append(
        JUnitCase(
          className: "graphs", name: name,
          check: CheckReport(
            name: name, verdict: found.isEmpty ? .equivalent : .different, reasons: found),
          seconds: 0))
    }
    if cases.isEmpty {
      cases.append(
        JUnitCase(
          className: "verify-patch", name: "comparison",
          check: CheckReport(name: "", verdict: verdict, reasons: reasons), seconds: 0))
    }
    let failures = cases.count { $0.verdict == .different }
    let errors = cases.count { $0.verdict == .undecided }
    let counts =
      "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"\(errors)\" "
      + "time=\"\(JUnitCase.seconds(timings.totalSeconds.value))\""
    let title = "\(original.path) against \(patched.path)"
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      + "<testsuites name=\"verify-patch\" \(counts)>\n"
      + "  <testsuite name=\"\(title.escapedForXML)\" \(counts)>\n"
      + cases.map { $0.xml(diagnosis: diagnosisLines) }.joined() + "  </testsuite>\n</testsuites>\n"
  }
}

private struct JUnitCase {
  let className: String
  let name: String
  let check: CheckReport
  let seconds: Double

  var verdict: Verdict { check.verdict }

  init(className: String, name: String, check: CheckReport, seconds: Double) {
    self.className = className
    self.name = name
    self.check = check
    self.seconds = seconds
  }

  init(image: ImageReport, check: CheckReport) {
    self.init(className: image.path, name: check.name, check: check, seconds: 0)
  }

  /// - Parameter diagnosis: what would explain a failure.
  func xml(diagnosis: [String]) -> String {
    let start =
      "    <testcase classname=\"\(className.escapedForXML)\" name=\"\(name.escapedForXML)\" "
      + "time=\"\(Self.seconds(seconds))\""
    let element: String
    switch verdict {
    case .equivalent: return start + "/>\n"
    case .different: element = "failure"
    case .undecided: element = "error"
    }
    let message = check.reasons.first ?? "nothing could be compared"
    let text = (check.reasons + (verdict == .different ? diagnosis : [])).joined(separator: "\n")
    return start + ">\n"
      + "      <\(element) message=\"\(message.escapedForXML)\" type=\"\(verdict.rawValue)\">"
      + "\(text.escapedForXML)</\(element)>\n    </testcase>\n"
  }

  static func seconds(_ seconds: Double) -> String { seconds.fixed(3) }
}

extension String {
  /// As the text or an attribute of an XML element; what XML cannot hold becomes U+FFFD.
  fileprivate var escapedForXML: String {
    var escaped = ""
    for scalar in escapedDirections.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\n", "\r", "\t": escaped += "&#\(scalar.value);"
      case "\0"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{fffe}", "\u{ffff}": escaped += "\u{fffd}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
