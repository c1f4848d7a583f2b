import Detection
import ONNXGraph
import Tensors
import Testing
import Verification

/// The noise floor that a record measures, and the tolerance it sets.
struct GoldenNoiseTests {
  /// Against the joint comparison's own figures.
  @Test func isWhatFloat64Shows() throws {
    let image = try TinyGolden().golden.images[0]
    let noise = try #require(image.noise)
    var options = ComparisonOptions()
    options.comparesInFloat64 = true
    let report = try TinyDetector.compare(TinyDetector.original(), options: options)
    let precision = try #require(report.images[0].precision)
    #expect(noise.boxPx == Float(precision.cells!.original.maxBoxErrorPx.value))
    #expect(noise.score == Float(precision.cells!.original.maxScoreError.value))
    #expect(noise.boxPx > 0 && noise.score > 0)
    let output = try #require(precision.outputs.first { $0.name == "output" })
    #expect(noise.outputs.map(\.name) == ["output"])
    #expect(noise.outputs[0].maxError == Float(output.maxError.value))
    #expect(noise.outputs[0].rmsError == Float(output.rmsError.value))
  }

  @Test(arguments: [
    (floor: Float(1), expected: Float(4.5)), (floor: 0.1, expected: 2), (floor: 0, expected: 2),
    (floor: 5, expected: 20.5), (floor: 50, expected: 64),
  ])
  func fourFloorsAndTheTail(_ row: (floor: Float, expected: Float)) {
    let noise = RecordedNoise(boxPx: row.floor, score: row.floor, outputs: [])
    let derived = DetectionTolerance(boxPx: 8, score: 8)
    let tolerance = noise.tolerance(
      derived: derived, tail: DetectionTolerance(boxPx: 0.5, score: 0.5))
    #expect(tolerance == DetectionTolerance(boxPx: row.expected, score: row.expected))
  }

  @Test func anImageSetsItsOwnTolerance() throws {
    let dark = Tensor([Float](repeating: 0.001, count: 3 * 64 * 96), shape: TinyDetector.inputShape)
    let images = try TinyGolden(images: [TinyDetector.noise(), dark]).golden.images
    #expect(images[0].noise != images[1].noise)
    var options = ComparisonOptions()
    options.boxTolerance = 3
    #expect(try TinyGolden(options: options).golden.images[0].tolerance.boxPx == 3)
  }
}
