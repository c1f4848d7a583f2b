import Detection
import ONNXGraph
import Tensors
import Testing
import Verification

/// A detector with a photograph on which its mistakes show.
struct Subject: Sendable {
  let original: String
  let patched: String
  let image: String

  /// The rows that an engine of a graph would write.
  func rows(
    of model: Model, _ preprocessing: Preprocessing = Preprocessing()
  ) throws -> EngineDump {
    EngineDump(try outputs(of: model, preprocessing))
  }

  func outputs(
    of model: Model, _ preprocessing: Preprocessing = Preprocessing()
  ) throws -> [String: Tensor] {
    let input = try imageTensor(
      image, for: model.graph.inputs[0].name, of: model, path: "model",
      preprocessing: preprocessing)
    let run = try ModelRun(model, inputs: [model.graph.inputs[0].name: input])
    return Dictionary(run.outputs.map { ($0.name, $0.tensor) }, uniquingKeysWith: { a, _ in a })
  }

  func model() throws -> Model { try Model(contentsOfFile: patched) }
}

/// What an engine does wrong, as the rows it writes.
struct EngineMistake: Sendable, CustomTestStringConvertible {
  let id: String
  let title: String
  let dump: @Sendable (Subject) throws -> EngineDump

  var testDescription: String { "\(id): \(title)" }

  init(_ id: String, _ title: String, dump: @escaping @Sendable (Subject) throws -> EngineDump) {
    self.id = id
    self.title = title
    self.dump = dump
  }

  private init(_ mistake: PlantedMistake) {
    self.init(mistake.id, mistake.title) { subject in
      try subject.rows(of: PlantedMistake.plant([mistake], in: subject.model()))
    }
  }

  private static func prepared(
    _ id: String, _ title: String, _ change: @escaping @Sendable (inout Preprocessing) -> Void
  ) -> EngineMistake {
    EngineMistake(id, title) { subject in
      var preprocessing = Preprocessing()
      change(&preprocessing)
      return try subject.rows(of: subject.model(), preprocessing)
    }
  }

  /// Rows do not tell which of two maps' anchors and which of their orders was exchanged.
  static let planted: [EngineMistake] =
    ((PlantedMistake.inPlugin + PlantedMistake.inMaps).filter {
      !$0.testDescription.hasPrefix("heads-permuted: p3")
    } + PlantedMistake.inNetwork.suffix(1)).map { EngineMistake($0) }

  static let prepared: [EngineMistake] = [
    prepared("image-stretched", "not letterboxed") { $0.resize = .stretch },
    prepared("rgb-bgr", "blue first") { $0.channels = .bgr },
    prepared("input-not-scaled", "0 to 255") { $0.scale = 1 },
    prepared("input-scaled-twice", "to 1/255") { $0.scale = 1 / 255.0 / 255 },
  ]

  static let written: [EngineMistake] = [
    EngineMistake("score-without-objectness", "the class alone") { subject in
      var dump = try subject.rows(of: subject.model())
      let outputs = try subject.outputs(of: Model(contentsOfFile: subject.original))
      let cells = outputs["output"]!
      let (values, width) = (cells.elements(of: Float.self), cells.shape[2])
      let kept = stride(from: 0, to: values.count, by: width).filter { values[$0 + 4] >= 0.25 }
      try #require(kept.count == dump.rows.count)
      for (row, cell) in kept.enumerated() {
        dump.rows[row].score = values[cell + 5..<cell + width].max()!
      }
      return dump
    },
    EngineMistake("class-count", "a class too few") { subject in
      var changed = try subject.model()
      let classes = Int64(changed.plannedClassCount)
      for map in changed.plugin.inputs {
        changed.insert(
          "Slice", behind: map,
          constants: [0, 3 * (4 + classes), 1].map { Tensor([$0 as Int64]) })
      }
      changed.editPlugin { $0.attributes["num_classes"] = .int(classes - 1) }
      return try subject.rows(of: changed)
    },
  ]

  /// The rows whose score reaches the threshold; it needs a photograph with others.
  static let thresholdOnScore = EngineMistake("threshold-on-score", "scores below dropped") {
    subject in
    var dump = try subject.rows(of: subject.model())
    let count = dump.rows.count
    dump.rows.removeAll { $0.score < 0.25 }
    try #require(dump.rows.count < count)
    return dump
  }

  static let all = planted + prepared + written
}
