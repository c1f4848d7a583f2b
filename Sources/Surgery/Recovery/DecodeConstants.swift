import BoxMath
import Detection
import Interpreter
import ONNXGraph
import Operators
import Tensors

/// The constants of a decode that look like anchors: those a product of one head map's own part of
/// the graph is taken with, a width and a height for each anchor and the same at every place.
struct DecodeConstants {
  /// For each head map.
  private var candidates: [[[AnchorSize]]]
  private let maps: [HeadMap]

  /// - Parameter decode: the part of the graph from the head maps to its outputs.
  init(_ decode: ResolvedGraph, maps: [HeadMap]) {
    self.maps = maps
    candidates = maps.map { _ in [] }
    let graph = decode.model.graph
    var sources: [String: Set<Int>] = [:]
    for (index, map) in maps.enumerated() { sources[map.name] = [index] }
    for node in graph.nodes {
      let known = node.inputs.map { decode.constant($0) }
      let reached = zip(node.inputs, known).reduce(into: Set<Int>()) { reached, input in
        if input.1 == nil { reached.formUnion(sources[input.0] ?? []) }
      }
      for output in node.outputs where !output.isEmpty { sources[output] = reached }
      guard node.applies(Mul.self), reached.count == 1,
        let map = reached.first, let constant = known.compactMap({ $0 }).first,
        let sizes = constant.anchorSizes(count: maps[map].anchors)
      else { continue }
      candidates[map].append(sizes)
    }
  }

  var notes: [String] {
    zip(maps, candidates).filter { $0.1.isEmpty }.map { map, _ in
      "the anchors of '\(shown: map.name)' stand in no constant of the graph; they are what evaluating its "
        + "decode gives"
    }
  }

  /// The scales with their anchors as the constants have them.
  ///
  /// - Throws: ``SurgeryError`` when evaluating the decode gives other anchors.
  func confirmed(
    _ scales: [DecodeGeometry.Scale]
  ) throws(SurgeryError) -> [DecodeGeometry.Scale] {
    var confirmed: [DecodeGeometry.Scale] = []
    for (index, scale) in scales.enumerated() {
      guard !candidates[index].isEmpty else {
        confirmed.append(scale)
        continue
      }
      guard let sizes = candidates[index].first(where: { $0.isClose(to: scale.anchors) }) else {
        let constant = candidates[index][0].map(\.text).joined(separator: ", ")
        let found = scale.anchors.map(\.text).joined(separator: ", ")
        throw SurgeryError(
          "'\(shown: maps[index].name)': the constants of the graph say anchors \(constant), but evaluating "
            + "its decode gives \(found): boxes are changed after the decode")
      }
      confirmed.append(
        DecodeGeometry.Scale(strideX: scale.strideX, strideY: scale.strideY, anchors: sizes))
    }
    return confirmed
  }
}

extension AnchorSize {
  /// For example `10x13`.
  package var text: String { "\(width.plain)x\(height.plain)" }
}

extension Float {
  /// The shortest text that reads back, whole numbers without a point.
  package var plain: String {
    self == rounded() && abs(self) < 1e9 ? "\(Int(self))" : description
  }
}

extension [AnchorSize] {
  fileprivate func isClose(to other: [AnchorSize]) -> Bool {
    func near(_ a: Float, _ b: Float) -> Bool { abs(a - b) <= 2e-3 * Swift.max(abs(a), abs(b)) }
    return count == other.count
      && zip(self, other).allSatisfy { near($0.width, $1.width) && near($0.height, $1.height) }
  }
}

extension Tensor {
  /// Sizes of `count` anchors from a tensor `[…, count, H, W, 2]` that is the same at every place,
  /// the axes of the grid anywhere between the first and the last.
  fileprivate func anchorSizes(count: Int) -> [AnchorSize]? {
    guard elementType.isFloatingPoint, shape.last == 2, shape.elementCount >= 2 * count,
      shape.elementCount <= 1 << 22, let values = try? asFloat32().elements(of: Float.self)
    else { return nil }
    guard let axis = shape.indices.dropLast().first(where: { shape[$0] == count }),
      shape[..<axis].allSatisfy({ $0 == 1 })
    else { return nil }
    let places = shape.elementCount(in: axis + 1..<shape.rank - 1)
    var sizes: [AnchorSize] = []
    for anchor in 0..<count {
      let first = anchor * places * 2
      let size = AnchorSize(width: values[first], height: values[first + 1])
      let isUniform = (0..<places).allSatisfy {
        values[first + 2 * $0] == size.width && values[first + 2 * $0 + 1] == size.height
      }
      guard isUniform, size.width > 0, size.height > 0 else { return nil }
      sizes.append(size)
    }
    return sizes
  }
}
