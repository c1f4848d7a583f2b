import Detection
import ONNXGraph
import Tensors
import Testing
import Verification

/// Differences are grouped, and the numbers of the worst are spelled out.
struct ExplanationTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// How the one group of differences ends.
    let text: String
    let kinds: Set<CandidateComparison.Finding.Kind>
    /// How the first formula of the worst candidate begins and goes on.
    let formula: [String]
    let change: @Sendable (inout Model) -> Void
  }

  private static func anchor(_ place: Int, _ value: Float) -> @Sendable (inout Model) -> Void {
    { model in
      model.editAnchors { anchors in
        var anchors = anchors
        anchors[place] = value
        return anchors
      }
    }
  }

  static let rows: [Row] = [
    Row(
      testDescription: "one width", text: "p4, anchor 1, width only, ratio 42/41",
      kinds: [.resized],
      formula: ["w = (2*", ")^2 * 42 = ", " px, the original (2*", ")^2 * 41 = "],
      change: anchor(8, 42)),
    Row(
      testDescription: "one height", text: "p5, anchor 2, height only, ratio 100/110",
      kinds: [.resized], formula: ["h = (2*", ")^2 * 100 = ", ")^2 * 110 = "],
      change: anchor(17, 100)),
    Row(
      testDescription: "strides", text: "all scales, x and y, ratio 2", kinds: [.moved],
      formula: ["x = (2*", " - 0.5 + ", ") * 64 = ", " px, the original (2*", ") * 32 = "],
      change: { model in model.editPlugin { $0.attributes["max_stride"] = .int(64) } }),
    Row(
      testDescription: "scores behind the plugin", text: ", score only",
      kinds: [.rescored], formula: ["score = ", ", the original ", " * ", " = "],
      change: { model in
        model.insert(
          "Mul", behind: model.plugin.outputs[2], constants: [Tensor(scalar: Float(0.99))])
      }),
    Row(
      testDescription: "classes behind the plugin", text: ", class only",
      kinds: [.reclassified], formula: [],
      change: { model in
        model.insert(
          "Add", behind: model.plugin.outputs[3], constants: [Tensor(scalar: Int32(1))])
      }),
  ]

  @Test(arguments: rows) func differencesAreGroupedAndSpelledOut(_ row: Row) throws {
    var patched = try Model(
      contentsOfFile: "\(FixtureTests.folder)/detector_yololayer.onnx")
    row.change(&patched)
    let report = try DiagnosisTests.report(patched, of: "yololayer")
    let image = try #require(report.images.first)
    #expect(image.differences?.count == 1)
    #expect(image.differences?.first?.text.hasSuffix(row.text) == true, "\(report.text)")
    let findings = try #require(image.candidates?.findings)
    #expect(Set(findings.map(\.kind)) == row.kinds, "\(report.text)")
    #expect(findings.allSatisfy { $0.cell != nil })
    guard !row.formula.isEmpty else { return }
    let formulas = try #require(findings.compactMap(\.formulas).first, "\(report.text)")
    var rest = formulas[0][...]
    for part in row.formula {
      let place = try #require(rest.firstRange(of: part), "\(formulas)")
      rest = rest[place.upperBound...]
    }
    #expect(report.text.contains(formulas[0]))
  }

  /// The classes of one anchor exchanged in the head: told by scale, anchor and class.
  @Test func classesAreNamed() throws {
    var patched = try Model(
      contentsOfFile: "\(FixtureTests.folder)/detector_yololayer.onnx")
    let head = patched.producer(of: patched.producer(of: patched.plugin.inputs[1]).inputs[0])
    for name in head.inputs[1...] {
      patched.editWeights(name) { values in
        let size = values.count / 30
        for index in 0..<size { values.swapAt((20 + 6) * size + index, (20 + 9) * size + index) }
      }
    }
    let report = try DiagnosisTests.report(patched, of: "yololayer")
    #expect(
      report.images[0].differences?.map(\.text) == ["p4, anchor 2, class 1 and 4 only"],
      "\(report.text)")
    #expect(report.diagnosis?.first?.ids == ["classes-permuted"], "\(report.text)")
  }

  /// A cell's own numbers are what its formula gives.
  @Test func formulasHold() throws {
    var patched = try Model(
      contentsOfFile: "\(FixtureTests.folder)/detector_yololayer.onnx")
    Self.anchor(8, 42)(&patched)
    let report = try DiagnosisTests.report(patched, of: "yololayer")
    let text = try #require(report.images[0].candidates?.findings.first?.formulas?.first)
    let numbers = text.split { !"0123456789.".contains($0) }.compactMap { Double($0) }
    // w = (2*a)^2 * 42 = b px, the original (2*a)^2 * 41 = c px
    try #require(numbers.count == 10, "\(text)")
    for side in [numbers[..<5], numbers[5...]].map(Array.init) {
      #expect(abs(4 * side[1] * side[1] * side[3] - side[4]) < 0.001 * side[4] + 0.1, "\(text)")
    }
  }
}
