import BoxMath
import Detection
import ONNXGraph
import Tensors

/// The heads to be patched, with strides, anchors and class count from the graph, or from options
/// where the graph has no decode.
struct PatchHeads {
  let maps: [HeadMap]
  let isThroughSigmoid: Bool
  let isFloat32: Bool
  let classCount: Int
  let extraChannels: Int
  /// `nil` when neither the graph nor the options tell.
  let scales: [DecodeGeometry.Scale]?

  init(
    _ heads: DetectorHeads, _ options: PatchOptions, inputSize: (height: Int, width: Int)
  ) throws(SurgeryError) {
    maps = heads.maps
    isThroughSigmoid = heads.isThroughSigmoid
    isFloat32 = heads.elementType == .float32
    if let known = heads.scales {
      classCount = heads.classCount
      scales = known
      try Self.agree(options, with: heads, known)
    } else {
      let classes = options.classes ?? heads.classCount
      classCount = classes
      scales = try Self.scales(maps, options, classCount: classes, inputSize)
    }
    extraChannels = maps[0].channels - 5 - classCount
  }

  /// What options say must be what the graph says.
  private static func agree(
    _ options: PatchOptions, with heads: DetectorHeads, _ scales: [DecodeGeometry.Scale]
  ) throws(SurgeryError) {
    let anchors = scales.flatMap { $0.anchors.flatMap { [$0.width, $0.height] } }
    if let given = options.anchors, given != anchors {
      let found = scales.map { $0.anchors.map(\.text).joined(separator: ",") }
      throw SurgeryError(
        "--anchors are not those the graph decodes with, \(found.joined(separator: " ")); leave them "
          + "out")
    }
    if let given = options.strides, given.map(Double.init) != scales.map(\.strideX) {
      let found = scales.map { "\(Float($0.strideX).plain)" }.joined(separator: ",")
      throw SurgeryError(
        "--strides are not those the graph decodes with, \(found); leave them out")
    }
    if let given = options.classes, given != heads.classCount {
      throw SurgeryError(
        "--classes is \(given), but the graph has \(heads.classCount); leave it out")
    }
  }

  private static func scales(
    _ maps: [HeadMap], _ options: PatchOptions, classCount: Int,
    _ inputSize: (height: Int, width: Int)
  ) throws(SurgeryError) -> [DecodeGeometry.Scale]? {
    guard maps[0].channels >= 5 + classCount else {
      throw SurgeryError(
        "--classes is \(classCount), but the maps have \(maps[0].channels) channels for each of "
          + "\(maps[0].anchors) anchors, 5 + \(maps[0].channels - 5)")
    }
    guard let anchors = options.anchors else { return nil }
    let expected = maps.map { 2 * $0.anchors }
    guard anchors.count == expected.reduce(0, +) else {
      throw SurgeryError(
        "--anchors has \(anchors.count) numbers, expected "
          + expected.map { "\($0)" }.joined(separator: " + ")
          + ": width and height of each anchor, finest scale first")
    }
    if let strides = options.strides, strides.count != maps.count {
      throw SurgeryError("--strides has \(strides.count) numbers, expected \(maps.count)")
    }
    var scales: [DecodeGeometry.Scale] = []
    for (index, map) in maps.enumerated() {
      let seen = (
        x: Double(inputSize.width) / Double(map.columns),
        y: Double(inputSize.height) / Double(map.rows)
      )
      if let given = options.strides?[index], Double(given) != seen.x || Double(given) != seen.y {
        throw SurgeryError(
          "--strides says \(given) for '\(shown: map.name)', but its \(map.columns)x\(map.rows) cells of an "
            + "input of \(inputSize.width)x\(inputSize.height) make it \(Float(seen.x).plain)")
      }
      let first = expected[..<index].reduce(0, +)
      let pairs = (0..<map.anchors).map {
        AnchorSize(width: anchors[first + 2 * $0], height: anchors[first + 2 * $0 + 1])
      }
      scales.append(DecodeGeometry.Scale(strideX: seen.x, strideY: seen.y, anchors: pairs))
    }
    return scales
  }
}
