import ONNXGraph
import Tensors
import Testing
import Verification

/// Graphs held against a record of the original export, as the joint comparison judges them.
struct GoldenCheckTests {
  private static let record = Result { try TinyGolden() }

  private func check(_ model: Model) throws -> Report { try Self.record.get().check(model) }

  @Test(arguments: [
    ModelEdit("original") { _ in }, ModelEdit("plugin") { $0 = TinyDetector.plugin() },
    ModelEdit("heads") { $0 = TinyDetector.heads() },
    ModelEdit("logits") { $0 = TinyDetector.heads(sigmoid: false) },
  ])
  func everyFormIsEquivalent(_ form: ModelEdit) throws {
    let report = try check(form(TinyDetector.original()))
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    let image = try #require(report.images.first)
    #expect(
      image.candidates!.matched > 10 && image.candidates!.matched == image.candidates!.patched)
    #expect(image.cells!.compared >= 3 * (8 + 8 + 6))
    #expect(image.cells!.statistics!.different == 0)
    #expect(image.checks!.map(\.name) == ["cells", "candidates", "detections"])
  }

  @Test(arguments: HarmlessRewriteTests.rewrites)
  func harmlessRewrite(_ rewrite: ModelEdit) throws {
    for model in [TinyDetector.original(), TinyDetector.plugin(), TinyDetector.heads()] {
      let report = try check(rewrite(model))
      #expect(report.verdict == .equivalent, "\(report.text)")
    }
  }

  @Test(
    arguments: WrongPatchTests.attributes + WrongPatchTests.wiring + WrongPatchTests.sigmoids
      + WrongPatchTests.network)
  func wrongPlugin(_ fault: ModelEdit) throws {
    try expectDifferent(fault(TinyDetector.plugin()))
  }

  @Test(arguments: WrongPatchTests.tails + WrongPatchTests.network)
  func wrongExport(_ fault: ModelEdit) throws {
    try expectDifferent(fault(TinyDetector.original()))
  }

  @Test(arguments: WrongPatchTests.network)
  func wrongHeads(_ fault: ModelEdit) throws { try expectDifferent(fault(TinyDetector.heads())) }

  @Test(arguments: WrongPatchTests.refusals + WrongPatchTests.incomparable)
  func undecided(_ fault: ModelEdit) throws {
    let report = try check(fault(TinyDetector.plugin()))
    #expect(report.verdict == .undecided, "\(report.text)")
    #expect(!report.reasons.isEmpty && report.reasons.allSatisfy { !$0.contains("\n") })
  }

  private func expectDifferent(_ model: Model) throws {
    let report = try check(model)
    #expect(report.verdict == .different, "\(report.text)\(report.failures)")
    #expect(report.text.contains("scale ") || report.text.contains("candidates"))
    #expect(report.images[0].checks!.contains { $0.verdict == .different })
  }

  @Test func aRecordOfThePluginHoldsItsThreshold() throws {
    let record = try TinyGolden(of: TinyDetector.plugin(threshold: 0.3))
    #expect(record.golden.thresholds.plugin == 0.3)
    #expect(record.check(TinyDetector.plugin(threshold: 0.3)).verdict == .different)
    var options = ComparisonOptions()
    options.confidence = 0.3
    let same = try TinyGolden(of: TinyDetector.plugin(threshold: 0.3), options: options)
    for model in [TinyDetector.original(), TinyDetector.plugin(threshold: 0.3)] {
      let report = same.check(model)
      #expect(report.verdict == .equivalent, "\(report.text)")
    }
    #expect(same.check(TinyDetector.plugin(threshold: 0.4)).verdict == .different)
    #expect(same.check(TinyDetector.plugin(threshold: 0.2)).verdict == .equivalent)
  }

  @Test func aThresholdThatTakesAwayCandidatesIsADifference() throws {
    let report = try check(TinyDetector.plugin(threshold: 0.5))
    #expect(report.verdict == .different)
    #expect(
      report.reasons.contains { $0.contains("the graph's plugin drops objectness below 0.5") })
  }

  @Test func everyImageOfATensorIsRecorded() throws {
    let open = TinyDetector.plugin()
    var model = open
    model.graph.inputs[0].dimensions![0] = .named("batch")
    let record = try TinyGolden(of: model, images: [TinyDetector.noise(count: 2)])
    #expect(record.golden.images.map(\.batchIndex) == [0, 1])
    let report = record.check(model)
    #expect(report.verdict == .equivalent, "\(report.text)")
    #expect(report.images.map(\.path) == ["noise0.npy[0]", "noise0.npy[1]"])
  }

  /// A candidate that rounding carries over the threshold is ambiguous, not extra.
  @Test func whatIsJustBelowTheThresholdIsKnown() throws {
    let cells = try Self.record.get().golden.images[0].candidates
    let lowest = try #require(cells.compactMap(\.objectness).min())
    var options = ComparisonOptions()
    options.confidence = lowest.nextUp
    let record = try TinyGolden(options: options)
    let report = record.check(TinyDetector.plugin(threshold: lowest))
    #expect(report.verdict == .equivalent, "\(report.text)")
    #expect(report.images[0].candidates!.original == cells.count - 1)
  }

  @Test(arguments: [
    ModelEdit("a NaN") { $0.editWeights("head0.weight") { $0[3] = .nan } },
    ModelEdit("infinite boxes") { $0.editWeights("decode1.stride") { $0[0] = .infinity } },
  ])
  func whatIsNotFiniteIsNotRecorded(_ fault: ModelEdit) throws {
    #expect(throws: GoldenError.self) { try TinyGolden(of: fault(TinyDetector.original())) }
  }

  @Test func headsAloneAreNotRecorded() throws {
    #expect(throws: GoldenError.self) { try TinyGolden(of: TinyDetector.heads()) }
  }
}
