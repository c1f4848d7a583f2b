import Foundation
import FoundationXML
import Testing
import Verification

/// JUnit XML of reports.
struct JUnitTests {
  /// An element of the XML with its attributes and its text.
  private struct Element: Equatable {
    var name: String
    var attributes: [String: String]
    var text = ""
  }

  private final class Reader: NSObject, XMLParserDelegate {
    var elements: [Element] = []
    private var open: [Int] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      open.append(elements.count)
      elements.append(Element(name: name, attributes: attributes))
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
      if let last = open.last { elements[last].text += text }
    }

    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
      qualifiedName: String?
    ) { open.removeLast() }
  }

  private func elements(_ report: Report) throws -> [Element] {
    let reader = Reader()
    let parser = XMLParser(data: Data(report.junit.utf8))
    parser.delegate = reader
    #expect(parser.parse(), "\(report.junit)")
    return reader.elements
  }

  private func report(_ verdict: Verdict) -> Report {
    Report(
      verdict: verdict, original: GraphReport(path: "a & b.onnx"),
      patched: GraphReport(path: "\"c\" <d>.onnx"))
  }

  @Test func aCaseForEachImageAndCheck() throws {
    var report = report(.different)
    var first = ImageReport(path: "bus \u{1}'\n.jpg", verdict: .different)
    let reasons = ["2 cells < 3 & \"more\"", "a second ]]> line"]
    first.checks = [
      CheckReport(name: "cells", verdict: .different, reasons: reasons),
      CheckReport(name: "candidates", verdict: .equivalent),
    ]
    var second = ImageReport(path: "car.jpg")
    second.checks = [
      CheckReport(name: "image", verdict: .undecided, reasons: ["no such file"])
    ]
    report.images = [first, second]
    let elements = try elements(report)
    let suite = try #require(elements.first { $0.name == "testsuite" })
    #expect(suite.attributes["name"] == "a & b.onnx against \"c\" <d>.onnx")
    #expect(suite.attributes["tests"] == "3")
    #expect(suite.attributes["failures"] == "1")
    #expect(suite.attributes["errors"] == "1")
    let cases = elements.filter { $0.name == "testcase" }
    #expect(cases.map { $0.attributes["name"] } == ["cells", "candidates", "image"])
    #expect(cases[0].attributes["classname"] == "bus \u{fffd}'\n.jpg")
    let failure = try #require(elements.first { $0.name == "failure" })
    #expect(failure.attributes["message"] == reasons[0])
    #expect(failure.text == reasons.joined(separator: "\n"))
    #expect(elements.first { $0.name == "error" }?.text == "no such file")
  }

  @Test func whatCouldNotBeReadIsAnError() throws {
    let report = try compare(original: "absent.onnx", patched: "none.onnx", images: ["x.jpg"])
    let elements = try elements(report)
    #expect(elements.count { $0.name == "testcase" } == 1)
    let error = try #require(elements.first { $0.name == "error" })
    #expect(error.text == "absent.onnx: no such file\nnone.onnx: no such file")
  }

  @Test func aComparisonHasItsChecks() throws {
    let right = try elements(TinyDetector.compare(TinyDetector.plugin()))
    let names = right.filter { $0.name == "testcase" }.compactMap { $0.attributes["name"] }
    #expect(names == ["cells", "candidates", "detections", "stress"])
    #expect(!right.contains { $0.name == "failure" || $0.name == "error" })
    var wrong = TinyDetector.plugin()
    wrong.bypass("map1")
    let report = try TinyDetector.compare(wrong)
    let failures = try elements(report).filter { $0.name == "failure" }
    #expect(!failures.isEmpty)
    #expect(failures.allSatisfy { report.reasons.joined().contains($0.attributes["message"]!) })
    let heads = try TinyDetector.compare(TinyDetector.heads(), with: TinyDetector.heads())
    #expect(heads.images[0].checks?.map(\.name) == ["tensors"])
  }

  @Test func annotationsAreEscaped() {
    var report = report(.different)
    report.reasons = ["100 % of: a, b\nand\rmore"]
    #expect(
      report.annotations == [
        "::error title=verify-patch%3A \"c\" <d>.onnx is different::100 %25 of: a, b%0Aand%0Dmore"
      ])
    report.verdict = .equivalent
    #expect(report.annotations.isEmpty)
  }
}
