import Detection
import Foundation
import ONNXGraph
import Tensors
import Testing
import Verification

/// Mistakes of an engine, seen in its rows alone, in any order: the diagnosis names them.
struct DumpDiagnosisTests {
  private static let scene = "\(FixtureTests.folder)/scenes/landscape.jpg"
  private static let model = "\(FixtureTests.folder)/detector_yololayer.onnx"

  /// What an engine does wrong, as the rows it writes.
  struct Row: Sendable, CustomTestStringConvertible {
    let id: String
    let title: String
    let dump: @Sendable () throws -> EngineDump
    var testDescription: String { "\(id): \(title)" }
  }

  private static func rows(
    of model: Model, _ preprocessing: Preprocessing = Preprocessing()
  ) throws -> EngineDump {
    let input = try imageTensor(
      scene, for: "images", of: model, path: "model", preprocessing: preprocessing)
    let run = try ModelRun(model, inputs: ["images": input])
    return EngineDump(
      Dictionary(run.outputs.map { ($0.name, $0.tensor) }, uniquingKeysWith: { a, _ in a }))
  }

  private static func planted(_ mistake: PlantedMistake) -> Row {
    Row(id: mistake.id, title: mistake.testDescription) {
      try rows(of: PlantedMistake.plant([mistake], in: Model(contentsOfFile: model)))
    }
  }

  private static func prepared(
    _ id: String, _ title: String, _ change: @escaping @Sendable (inout Preprocessing) -> Void
  ) -> Row {
    Row(id: id, title: title) {
      var preprocessing = Preprocessing()
      change(&preprocessing)
      return try rows(of: Model(contentsOfFile: model), preprocessing)
    }
  }

  /// Rows do not tell which of two maps' anchors and which of their orders was exchanged.
  private static let inGraph = (PlantedMistake.inPlugin + PlantedMistake.inMaps).filter {
    !$0.testDescription.hasPrefix("heads-permuted: p3")
  }

  static let all: [Row] =
    inGraph.map(planted) + PlantedMistake.inNetwork.suffix(1).map(planted) + [
      prepared("image-stretched", "not letterboxed") { $0.resize = .stretch },
      prepared("rgb-bgr", "blue first") { $0.channels = .bgr },
      prepared("input-not-scaled", "0 to 255") { $0.scale = 1 },
      prepared("input-scaled-twice", "to 1/255") { $0.scale = 1 / 255.0 / 255 },
      Row(id: "score-without-objectness", title: "the class alone") {
        var dump = try rows(of: Model(contentsOfFile: model))
        let original = try Model(contentsOfFile: "\(FixtureTests.folder)/detector_original.onnx")
        let input = try imageTensor(scene, for: "images", of: original, path: "original")
        let run = try ModelRun(original, inputs: ["images": input])
        let cells = run.outputs[0].tensor.elements(of: Float.self)
        let kept = stride(from: 0, to: cells.count, by: 10).filter { cells[$0 + 4] >= 0.25 }
        for (row, cell) in kept.enumerated() {
          dump.rows[row].score = cells[cell + 5..<cell + 10].max()!
        }
        return dump
      },
      Row(id: "class-count", title: "a class too few") {
        var changed = try Model(contentsOfFile: model)
        for map in changed.plugin.inputs {
          changed.insert(
            "Slice", behind: map,
            constants: [0, 27, 1].map { Tensor([$0 as Int64]) })
        }
        changed.editPlugin { $0.attributes["num_classes"] = .int(4) }
        return try rows(of: changed)
      },
    ]

  @Test(arguments: all) func theMistakeIsNamedFirst(_ row: Row) throws {
    let folder = try TemporaryFolder()
    var dump = try row.dump()
    dump.shuffle()
    let report = try compareDump(
      model: Self.model, image: Self.scene, dump: dump.write(as: .npz, in: folder))
    #expect(report.verdict == .different, "\(report.text)\(report.failures)")
    withKnownIssue("rows alone do not tell this mistake yet") {
      #expect(report.diagnosis?.first?.ids == [row.id], "\(report.text)")
    } when: {
      Self.unnamed.contains(row.testDescription)
    }
  }

  /// Mistakes that move most rows beyond the threshold or away from every cell, and so leave too few
  /// rows to be traced.
  private static let unnamed: Set = [
    "sigmoid-missing: sigmoid-missing: all maps", "sigmoid-missing: sigmoid-missing: p4",
    "sigmoid-twice: sigmoid-twice: all maps", "attribute-major: attribute-major: all maps",
    "bfloat16: bfloat16: all maps", "input-not-scaled: 0 to 255", "class-count: a class too few",
  ]

  @Test func whatNothingExplainsIsSaid() throws {
    let folder = try TemporaryFolder()
    var dump = try Self.rows(of: Model(contentsOfFile: Self.model))
    dump.shuffle()
    for row in dump.rows.indices where row % 3 == 0 { dump.rows[row].box[row % 4] += 2 }
    let report = try compareDump(
      model: Self.model, image: Self.scene, dump: dump.write(as: .npz, in: folder))
    #expect(report.verdict == .different)
    #expect(report.diagnosis == [], "\(report.text)")
    #expect(report.text.contains("diagnosis: nothing explains it"))
  }
}
