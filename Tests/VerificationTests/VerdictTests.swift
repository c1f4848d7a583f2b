import Foundation
import ONNXGraph
import Tensors
import Testing
import Verification

/// The rules of the verdict, on a small detector.
struct VerdictTests {
  @Test func whatIsComparedIsCounted() throws {
    let report = try TinyDetector.compare(TinyDetector.plugin())
    #expect(report.verdict == .equivalent)
    #expect(report.reasons.isEmpty)
    #expect(report.original.form == "yolov5-decoded")
    #expect(report.patched.form == "yololayer-plugin")
    let image = try #require(report.images.first)
    #expect(image.cells?.compared == 378)
    let candidates = try #require(image.candidates)
    #expect(candidates.original > 20 && candidates.original < 378)
    #expect(candidates.matched == candidates.original)
    let detections = try #require(image.detections)
    #expect(detections.matched == detections.original.count && detections.matched > 1)
    #expect(detections.original.allSatisfy { $0.score.value > 0.25 && $0.label != nil })
  }

  @Test func runningApartGivesTheSameBits() throws {
    var options = ComparisonOptions()
    var reports = [try TinyDetector.compare(TinyDetector.plugin())]
    options.sharesNodes = false
    reports.append(try TinyDetector.compare(TinyDetector.plugin(), options: options))
    options.threads = 1
    reports.append(try TinyDetector.compare(TinyDetector.plugin(), options: options))
    for index in reports.indices { reports[index].timings = Timings() }
    #expect(reports[0] == reports[1])
    #expect(reports[0] == reports[2])
  }

  @Test func nothingSeenIsEquivalentWhenCellsAgree() throws {
    var options = ComparisonOptions()
    options.confidence = 0.999
    let report = try TinyDetector.compare(TinyDetector.original(), options: options)
    #expect(report.verdict == .equivalent)
    #expect(report.images[0].candidates?.original == 0)
    #expect(report.notes.contains { $0.contains("no object was seen") })
  }

  @Test func nanOnBothSidesDiffers() throws {
    var original = TinyDetector.original()
    original.editWeights("head2.weight") { $0[0] = .nan }
    var patched = TinyDetector.plugin()
    patched.editWeights("head2.weight") { $0[0] = .nan }
    #expect(try TinyDetector.compare(patched, with: original).verdict == .different)
    #expect(try TinyDetector.compare(original, with: original).verdict == .different)
  }

  @Test func nanInTensorsOnBothSidesDiffers() throws {
    var heads = TinyDetector.heads()
    heads.editWeights("head2.weight") { $0[0] = .nan }
    let report = try TinyDetector.compare(heads, with: heads)
    #expect(report.verdict == .different)
  }

  @Test func headsAgainstHeadsAreTensors() throws {
    let report = try TinyDetector.compare(TinyDetector.heads(), with: TinyDetector.heads())
    #expect(report.verdict == .equivalent)
    #expect(report.original.form == "heads-sigmoid")
    #expect(report.images[0].cells == nil)
    #expect(report.images[0].tensors?.map(\.pairedBy) == [.content, .content, .content])
    #expect(report.images[0].tensors?.allSatisfy { $0.worstIndex == nil } == true)
    let logits = try TinyDetector.compare(
      TinyDetector.heads(sigmoid: false), with: TinyDetector.heads())
    #expect(logits.patched.form == "heads-logit")
    #expect(logits.verdict == .different)
  }

  @Test func logitsCompareWithADecode() throws {
    let report = try TinyDetector.compare(TinyDetector.heads(sigmoid: false))
    #expect(report.verdict == .equivalent)
    #expect(report.patched.form == "heads-logit")
    #expect(report.images[0].cells?.compared == 378)
  }

  @Test func aThresholdAboveTheConfidenceIsADifference() throws {
    let report = try TinyDetector.compare(TinyDetector.plugin(threshold: 0.3))
    #expect(report.verdict == .different)
    #expect(report.reasons.contains { $0.contains("drops objectness below 0.3") })
  }

  @Test func aThresholdBelowTheConfidenceIsANote() throws {
    let report = try TinyDetector.compare(TinyDetector.plugin(threshold: 0.1))
    #expect(report.verdict == .equivalent)
    #expect(report.notes.contains { $0.contains("drops objectness below 0.1") })
  }

  @Test func pluginsOfDifferentThresholdsAreComparedAtTheHigher() throws {
    let report = try TinyDetector.compare(
      TinyDetector.plugin(threshold: 0.1), with: TinyDetector.plugin(threshold: 0.2))
    #expect(report.verdict == .equivalent, "\(report.text)")
  }

  @Test func objectnessOnTheThresholdIsSpecified() throws {
    let run = try ModelRun(TinyDetector.original(), inputs: ["images": TinyDetector.noise()])
    let rows = run.outputs[0].tensor.elements(of: Float.self)
    let objectness = try #require(
      stride(from: 4, to: rows.count, by: 9).map { rows[$0] }.filter { $0 > 0.3 }.min())
    var options = ComparisonOptions()
    options.confidence = objectness
    let report = try TinyDetector.compare(
      TinyDetector.plugin(threshold: objectness), options: options)
    #expect(report.verdict == .equivalent, "\(report.text)")
    #expect(report.images[0].candidates?.specified == 1)
    #expect(report.notes.contains { $0.contains("by definition") })
  }

  @Test func classNamesThatDifferAreANote() throws {
    var patched = TinyDetector.plugin()
    patched.metadata["names"] = "{0: 'cat', 1: 'dog', 2: 'cow', 3: 'owl'}"
    let report = try TinyDetector.compare(patched)
    #expect(report.verdict == .equivalent)
    #expect(report.notes.contains { $0.contains("class 3 is 'hen'") && $0.contains("'owl'") })
  }

  @Test func aClassTooFewInTheMetadataIsADifference() throws {
    var patched = TinyDetector.plugin()
    patched.metadata["names"] = "['cat', 'dog', 'cow']"
    #expect(try TinyDetector.compare(patched).verdict == .different)
  }

  @Test func tolerancesCanBeGiven() throws {
    var options = ComparisonOptions()
    options.boxTolerance = 0
    let exact = try TinyDetector.compare(TinyDetector.plugin(), options: options)
    #expect(exact.verdict == .different)
    #expect(exact.images[0].tolerances?.boxPx == 0)
    var patched = TinyDetector.plugin()
    patched.editWeights("head0.bias") { $0[0] += 1e-2 }
    #expect(try TinyDetector.compare(patched).verdict == .different)
    options.boxTolerance = 0.1
    options.scoreTolerance = 0.01
    #expect(try TinyDetector.compare(patched, options: options).verdict == .equivalent)
  }

  @Test func anImageThatCannotBeReadKeepsTheVerdictOpen() throws {
    let models = Pair(
      original: LoadedModel(path: "a.onnx", model: TinyDetector.original()),
      patched: LoadedModel(path: "b.onnx", model: TinyDetector.plugin()))
    let report = try compareModels(
      models, images: [.tensor(TinyDetector.noise(), name: "noise"), .file("missing.jpg")],
      options: ComparisonOptions())
    #expect(report.images.map(\.verdict) == [.equivalent, .undecided])
    #expect(report.verdict == .undecided)
    #expect(report.failures == report.reasons)
  }

  @Test func sizesThatDifferAreUndecided() throws {
    var patched = TinyDetector.plugin()
    patched.graph.inputs[0].dimensions = [.fixed(1), .fixed(3), .fixed(96), .fixed(96)]
    let report = try TinyDetector.compare(patched)
    #expect(report.verdict == .undecided)
    #expect(report.failures.count == 1)
    #expect(report.failures[0].contains("96x96") && report.failures[0].contains("64x96"))
  }

  @Test func aTensorOfAnotherSizeIsRefused() throws {
    let picture = Tensor.zeros(.float32, shape: [1, 3, 32, 32])
    let report = try TinyDetector.compare(TinyDetector.plugin(), on: picture)
    #expect(report.verdict == .undecided)
    #expect(report.failures.count == 1)
    #expect(report.failures[0].contains("[1,3,32,32]"))
  }

  @Test func refusalsOfBothGraphsAreListed() throws {
    var original = TinyDetector.original()
    original.edit("pool") { $0.operatorType = "NoSuchOperator" }
    var patched = TinyDetector.plugin()
    patched.edit("up") { $0.operatorType = "NorThisOne" }
    let report = try TinyDetector.compare(patched, with: original)
    #expect(report.verdict == .undecided)
    #expect(report.failures.count == 2)
    #expect(report.failures[0].contains("NoSuchOperator (opset 12, 1 node)"))
    #expect(report.patched.form == "yololayer-plugin")
    #expect(report.sharing != nil)
  }
}
