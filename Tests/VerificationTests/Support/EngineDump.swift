import Dumps
import Foundation
import Tensors
import TestSupport

/// What an engine would have written: the outputs of `YoloLayer_TRT`, changed and in any format.
struct EngineDump {
  static let names = [
    "DecodeNumDetection", "DecodeDetectionBoxes", "DecodeDetectionScores", "DecodeDetectionClasses",
  ]

  struct Row: Equatable {
    var box: [Float]
    var score: Float
    var classIndex: Int32
  }

  /// Those that count.
  var rows: [Row]
  /// Rows that the outputs have room for.
  let capacity: Int
  var names = Self.names
  /// What stands in the rows that do not count.
  var garbage: Float = 0
  /// Tensors left out.
  var missing: Set<String> = []
  /// Whether the outputs end with the last row that counts.
  var isTrimmed = false

  init(rows: [Row], capacity: Int) {
    self.rows = rows
    self.capacity = capacity
  }

  /// - Parameter outputs: the plugin's, of one image.
  init(_ outputs: [String: Tensor]) {
    let tensors = Self.names.map { outputs[$0]! }
    let count = Int(tensors[0].elements(of: Int32.self)[0])
    let box = tensors[1].elements(of: Float.self)
    let score = tensors[2].elements(of: Float.self)
    let classIndex = tensors[3].elements(of: Int32.self)
    rows = (0..<count).map {
      Row(box: Array(box[4 * $0..<4 * $0 + 4]), score: score[$0], classIndex: classIndex[$0])
    }
    capacity = score.count
  }

  mutating func shuffle(seed: UInt64 = 7) {
    var generator = SeededGenerator(seed: seed)
    rows.shuffle(using: &generator)
  }

  var archive: TensorArchive {
    let filler = Row(box: .init(repeating: garbage, count: 4), score: garbage, classIndex: 0)
    let all =
      isTrimmed ? rows : rows + Array(repeating: filler, count: capacity - rows.count)
    let tensors = [
      Tensor([Int32(rows.count)], shape: [1, 1]),
      Tensor(all.flatMap(\.box), shape: [1, all.count, 4]),
      Tensor(all.map(\.score), shape: [1, all.count]),
      Tensor(all.map(\.classIndex), shape: [1, all.count]),
    ]
    return TensorArchive(
      zip(names, tensors).filter { !missing.contains($0.0) }
        .map { TensorArchive.Entry(name: $0.0, tensor: $0.1) })
  }

  enum Format: String, CaseIterable {
    case npz, polygraphy, trtexec, raw
  }

  func write(as format: Format, in folder: TemporaryFolder) throws -> String {
    try archive.write(as: format, in: folder)
  }
}

extension TensorArchive {
  func write(as format: EngineDump.Format, in folder: TemporaryFolder) throws -> String {
    let path = folder.file("dump-\(UUID().uuidString)")
    switch format {
    case .npz: try write(toFile: path)
    case .polygraphy:
      try polygraphyOutputs(runner: "trt").write(to: URL(fileURLWithPath: path))
    case .trtexec: try trtexecText.write(toFile: path, atomically: true, encoding: .utf8)
    case .raw:
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      for entry in entries {
        let name = RawFileName(name: entry.name, isInput: false, tensor: entry.tensor)
        try entry.tensor.rawData().write(to: URL(fileURLWithPath: "\(path)/\(name)"))
      }
    }
    return path
  }

  /// In the layout of `--exportOutput`, which turns the order around here.
  private var trtexecText: String {
    let items = entries.reversed().map { entry in
      let dimensions = entry.tensor.shape.map(String.init).joined(separator: "x")
      let values =
        entry.tensor.elementType == .int32
        ? entry.tensor.elements(of: Int32.self).map(String.init)
        : entry.tensor.elements(of: Float.self).map { String(format: "%.6g", $0) }
      return "{ \"name\" : \"\(entry.name)\"\n  , \"dimensions\" : \"\(dimensions)\"\n"
        + "  , \"values\" : [ \(values.joined(separator: ", ")) ]\n  }\n"
    }
    return "[\n  " + items.joined(separator: ", ") + "]\n"
  }
}
