import BoxMath
import Tensors

/// The rows a graph gives out for the plugin, of one image.
package struct PluginRows {
  package internal(set) var rows: [Candidate]
  package private(set) var differences: [String] = []

  package init() { rows = [] }

  /// Boxes in pixels of the network's input.
  mutating func scale(by unit: BoxUnit) {
    guard !unit.isPixels else { return }
    for index in rows.indices {
      let box = rows[index].boxInNetworkPixels
      rows[index].boxInNetworkPixels = Box(
        x1: box.x1 * unit.pixelsX, y1: box.y1 * unit.pixelsY, x2: box.x2 * unit.pixelsX,
        y2: box.y2 * unit.pixelsY)
    }
  }

  /// - Parameters:
  ///   - outputs: the tensors that stand for the number of rows, boxes, scores and classes.
  ///   - capacity: how many rows the tensors have room for.
  package init(
    _ outputs: [String], capacity: Int, _ tensors: [String: Tensor], image: Int
  ) throws(DetectionError) {
    func values(_ place: Int, perImage count: Int) throws(DetectionError) -> [Float] {
      let name = outputs[place]
      guard let tensor = tensors[name] else {
        throw DetectionError("the run gave no tensor '\(shown: name)'")
      }
      let batch = tensor.shape.first ?? 1
      guard tensor.shape.elementCount == batch * count, image < batch else {
        throw DetectionError(
          "'\(shown: name)' has shape \(tensor.shape), expected \(count) numbers for each image")
      }
      return try tensor.asFloat32().withElements(of: Float.self) {
        Array($0[image * count..<(image + 1) * count])
      }
    }
    let given = try values(0, perImage: 1)[0]
    let boxes = try values(1, perImage: capacity * 4)
    let scores = try values(2, perImage: capacity)
    let classes = try values(3, perImage: capacity)
    let count = Int(exactly: given.rounded()) ?? -1
    if !(0...capacity).contains(count) {
      differences.append("'\(shown: outputs[0])' is \(given), expected 0 to \(capacity)")
    }
    rows = (0..<min(max(count, 0), capacity)).map { row in
      Candidate(
        row: row,
        boxInNetworkPixels: Box(
          x1: boxes[4 * row], y1: boxes[4 * row + 1], x2: boxes[4 * row + 2],
          y2: boxes[4 * row + 3]),
        score: scores[row], classIndex: Int(exactly: classes[row].rounded()) ?? -1)
    }
  }
}
