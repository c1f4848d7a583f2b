import Foundation
import Kernels
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// What of a difference is rounding, and what an engine's rounding does.
struct PrecisionTests {
  private func report(
    _ patched: Model, simulation: Simulation? = nil
  ) throws -> ImageReport {
    var options = ComparisonOptions()
    options.comparesInFloat64 = true
    options.simulation = simulation
    return try #require(try TinyDetector.compare(patched, options: options).images.first)
  }

  /// The plugin's decode and the original's written-out one are the same function.
  @Test func aRightPatchDiffersByRoundingAlone() throws {
    let image = try report(TinyDetector.plugin())
    #expect(image.verdict == .equivalent)
    let cells = try #require(image.precision?.cells)
    #expect(cells.exactDifference.maxBoxErrorPx.value < 1e-11)
    #expect(cells.exactDifference.maxScoreError.value == 0)
    let allowed = Double(try #require(image.tolerances).boxPx)
    #expect((1e-7...allowed).contains(cells.noiseFloor.maxBoxErrorPx.value))
    #expect((1e-9...1e-5).contains(cells.noiseFloor.maxScoreError.value))
    #expect(cells.noiseFloor.rmsBoxErrorPx.value < cells.noiseFloor.maxBoxErrorPx.value)
    #expect(
      abs(
        cells.boxErrorInNoise.value * cells.noiseFloor.maxBoxErrorPx.value
          - (image.cells?.maxBoxErrorPx.value ?? 0)) < 1e-12)
  }

  /// Cells decoded in float64 against the rows of the original, which stand in the order of the cells,
  /// as `run` computes them in float64.
  @Test func theNoiseIsThatOfTheRows() throws {
    let feeds = ["images": TinyDetector.noise()]
    let model = TinyDetector.original()
    let rounded = try ModelRun(model, inputs: feeds).outputs[0].tensor.elements(of: Float.self)
    let exact = try ModelRun(model, inputs: feeds, arithmetic: .float64).outputs[0].tensor
      .elements(of: Double.self)
    var (box, score) = (0.0, 0.0)
    for row in stride(from: 0, to: exact.count, by: 9) {
      for column in 4..<9 {
        score = max(score, abs(Double(rounded[row + column]) - exact[row + column]))
      }
      for axis in 0..<2 {
        for sign in [-0.5, 0.5] {
          let corner = exact[row + axis] + sign * exact[row + axis + 2]
          let found = rounded[row + axis] + Float(sign) * rounded[row + axis + 2]
          box = max(box, abs(Double(found) - corner))
        }
      }
    }
    let cells = try #require(try report(model).precision?.cells)
    #expect(abs(cells.original.maxBoxErrorPx.value - box) < 1e-9)
    #expect(abs(cells.original.maxScoreError.value - score) < 1e-12)
    #expect(cells.nearer == nil)
    let output = try #require(try report(model).precision?.outputs.first)
    #expect(output.name == "output" && output.graph == .original)
  }

  @Test func aWrongAnchorIsNoRounding() throws {
    var patched = TinyDetector.plugin()
    patched.edit("YoloLayer") { node in
      var anchors = TinyDetector.anchors.flatMap { $0 }
      anchors[17] += 1
      node.attributes["anchors"] = .floats(anchors)
    }
    let image = try report(patched)
    #expect(image.verdict == .different)
    let cells = try #require(image.precision?.cells)
    #expect(cells.exactDifference.maxBoxErrorPx.value > 0.1)
    #expect(cells.nearer == .original)
    #expect(cells.boxErrorInNoise.value > 1000)
  }

  /// Maps rounded to 16 bits are further from the truth than those that are not.
  @Test func theNearerGraphIsNamed() throws {
    let rounded = TinyDetector.plugin().withHalfMaps()
    var options = ComparisonOptions()
    options.comparesInFloat64 = true
    let report = try TinyDetector.compare(TinyDetector.plugin(), with: rounded, options: options)
    #expect(report.images[0].precision?.cells?.nearer == .patched)
    #expect(try self.report(rounded).precision?.cells?.nearer == .original)
  }

  @Test func headsAreMeasuredAsTensors() throws {
    var options = ComparisonOptions()
    options.comparesInFloat64 = true
    options.simulation = Simulation(.bf16)
    let heads = TinyDetector.heads()
    let image = try TinyDetector.compare(heads, with: heads, options: options).images[0]
    #expect(image.precision?.cells == nil)
    #expect(image.precision?.outputs.count == 6)
    #expect(image.precision?.tensors?.map(\.maxAbsoluteError) == [0, 0, 0])
    let moved = try #require(image.simulation?.outputs)
    #expect(moved.map(\.name) == ["p3", "p4", "p5"])
    #expect(moved.allSatisfy { (1e-4...0.2).contains($0.maxError.value) })
  }

  @Test func aNarrowerEngineMovesMore() throws {
    func cells(_ simulation: Simulation) throws -> SimulationReport {
      try #require(try report(TinyDetector.plugin(), simulation: simulation).simulation)
    }
    let heads = try cells(Simulation(.fp16, headsOnly: true))
    let half = try cells(Simulation(.fp16))
    let brain = try cells(Simulation(.bf16))
    let scores = [heads, half, brain].compactMap { $0.cells?.maxScoreError.value }
    #expect(scores.count == 3 && scores[0] > 0 && scores[0] < scores[1] && scores[1] < scores[2])
    #expect(brain.headsOnly == false && heads.headsOnly && brain.format == "bf16")
    let detections = try #require(half.detections)
    #expect(detections.before > 1)
    #expect(detections.matched + detections.lost == detections.before)
    #expect(detections.matched + detections.new == detections.after)
    #expect(half.neededTolerances?.score == 2 * Float(try #require(half.cells).maxScoreError.value))
  }

  /// An engine with the rounding that was simulated is within what the simulation says it needs.
  @Test func theNeededTolerancesSuffice() throws {
    let needed = try #require(
      try report(TinyDetector.plugin(), simulation: Simulation(.fp16, headsOnly: true)).simulation?
        .neededTolerances)
    var options = ComparisonOptions()
    let engine = TinyDetector.plugin().withHalfMaps()
    #expect(try TinyDetector.compare(engine, options: options).verdict == .different)
    options.boxTolerance = needed.boxPx
    options.scoreTolerance = needed.score
    // They are measured on the picture: made-up maps may round worse.
    options.stressCases = 0
    #expect(try TinyDetector.compare(engine, options: options).verdict == .equivalent)
  }

  @Test func driftIsReportedWhereNetworksDiffer() throws {
    var patched = TinyDetector.plugin()
    patched.editWeights("mix.weight") { $0[5] += 0.1 }
    let report = try TinyDetector.compare(patched)
    #expect(report.verdict == .different)
    #expect(report.drift?.first?.node == "Conv 'mix.conv'")
    #expect(report.text.contains("drift       first at Conv 'mix.conv'"))
    #expect(try TinyDetector.compare(TinyDetector.plugin()).drift == nil)
  }

  @Test func theCommandReportsBoth() throws {
    let folder = try TemporaryFolder()
    let original = try folder.write(TinyDetector.original(), as: "original.onnx")
    let patched = try folder.write(TinyDetector.plugin(), as: "patched.onnx")
    let image = try folder.write(TinyDetector.noise(), as: "noise.npy")
    let command = try Command([
      original, patched, image, "--precision", "float64", "--simulate", "fp16", "--json", "-",
    ])
    #expect(command.status == 0)
    let images = try #require(try command.json()?["images"] as? [[String: Any]])
    let precision = try #require(images[0]["precision"] as? [String: Any])
    #expect(Set(precision.keys).isSuperset(of: ["outputs", "cells"]))
    let simulation = try #require(images[0]["simulation"] as? [String: Any])
    #expect(
      Set(simulation.keys).isSuperset(of: ["format", "cells", "detections", "neededTolerances"]))
    #expect(command.errors.contains("\n  noise       rounding makes errors of up to "))
    #expect(command.errors.contains("\n  simulated   fp16: "))
  }
}

extension Model {
  /// The plugin's maps stored in float16.
  fileprivate func withHalfMaps() -> Model {
    var model = self
    for map in ["p3", "p4", "p5"] {
      model.insert("Cast", behind: map, attributes: ["to": .int(1)])
      model.insert("Cast", behind: "\(map).before Cast", attributes: ["to": .int(10)])
    }
    return model
  }
}
