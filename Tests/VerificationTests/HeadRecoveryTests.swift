import Detection
import ONNXGraph
import Surgery
import Tensors
import TestSupport
import Testing

/// What a graph decodes with is recovered to the bit, or refused.
struct HeadRecoveryTests {
  @Test(arguments: UInt64(0)..<50)
  func drawnDetectors(seed: UInt64) throws {
    var detector = RandomDetector(seed: seed)
    let heads = try DetectorHeads(detector.model())
    #expect(heads.maps.map(\.name) == detector.strides.indices.map { "head\($0)" })
    #expect(heads.classCount == detector.classCount)
    let scales = try #require(heads.scales)
    #expect(scales.map(\.strideX) == detector.strides.map(Double.init))
    #expect(scales.map(\.strideY) == detector.strides.map(Double.init))
    #expect(
      scales.map { $0.anchors.flatMap { [$0.width, $0.height] } } == detector.anchors)
  }

  static let faults: [(RandomDetector.Fault, String)] = [
    (.exponentialSize, "no known formula"), (.plainCentre, "no known formula"),
    (.normalized, "no known formula"),
    (.classesExchanged, "of the class"), (.softObjectness, "objectness"),
  ]

  @Test(arguments: faults.indices, [3, 4, 5] as [UInt64])
  func otherDecodesAreRefused(_ index: Int, seed: UInt64) throws {
    let (fault, expected) = Self.faults[index]
    var detector = RandomDetector(seed: seed, family: [8, 16, 32], fault: fault)
    let model = detector.model()
    let error = #expect(throws: SurgeryError.self) { try DetectorHeads(model) }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
  }

  @Test func bareHeadsHaveNoDecode() throws {
    let heads = try DetectorHeads(TinyDetector.heads(sigmoid: false))
    #expect(heads.scales == nil)
    #expect(!heads.isThroughSigmoid)
    #expect(heads.classCount == TinyDetector.classCount)
    #expect(try DetectorHeads(TinyDetector.heads()).isThroughSigmoid)
  }

  @Test func otherGraphsAreRefused() {
    var builder = GraphBuilder()
    builder.add("Relu", "y", ["x"])
    let input = ValueInfo(
      name: "x", elementType: .float32, dimensions: [1, 3, 8, 8].map { .fixed($0) })
    let model = Model(opsets: ["": 12], graph: builder.graph(inputs: [input], outputs: ["y"]))
    let error = #expect(throws: SurgeryError.self) { try DetectorHeads(model) }
    #expect(error?.description.contains("shows no head maps") == true)
  }
}
