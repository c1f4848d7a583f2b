import BoxMath
import Tensors

/// TensorRT plugin `YoloLayer_TRT`, version 1 (NVIDIA-AI-IOT `yolov5_gpu_optimization`,
/// `yoloForward_nc.cu` and `yoloPlugins.cpp`), in any domain.
///
/// Inputs: three maps `[N, 3*(5+nc), H, W]` of sigmoid values. Outputs, with A cells in all:
/// `[N, 1]` int32, boxes `[N, A, 4]`, scores `[N, A]`, classes `[N, A]` int32. The plugin fills its
/// rows in no fixed order; here they stand in the order map, anchor, row, column.
package enum YoloLayer: PluginOperator {
  package static let type = YoloLayerParameters.operatorType

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(YoloLayerParameters.mapCount...YoloLayerParameters.mapCount)
    try node.expectOutputs(atMost: YoloLayerParameters.outputNames.count)
    var attributes = try node.pluginAttributes(version: "1")
    let parameters = try YoloLayerParameters(&attributes)
    let maps = try node.operandList()
    let sizes = try mapSizes(maps, parameters)
    let batch = maps[0].shape[0]
    let cellCount =
      YoloLayerParameters.anchorsPerMap * sizes.reduce(0) { $0 + $1.rows * $1.columns }
    let elementType = maps[0].elementType
    let outputs: [PreparedNode.Output] = [
      .init(.int32, try Shape(validating: [batch, 1])),
      .init(elementType, try Shape(validating: [batch, cellCount, 4])),
      .init(elementType, try Shape(validating: [batch, cellCount])),
      .init(.int32, try Shape(validating: [batch, cellCount])),
    ]
    switch elementType {
    case .float32:
      let decoders = try parameters.decoders(for: sizes) as [HeadDecoder<Float>]
      return PreparedNode(
        outputs: outputs,
        body: .compute { run in YoloLayerRows(run, parameters, decoders, batch).fill() })
    default:
      let decoders = try parameters.decoders(for: sizes) as [HeadDecoder<Double>]
      return PreparedNode(
        outputs: outputs,
        body: .compute { run in YoloLayerRows(run, parameters, decoders, batch).fill() })
    }
  }

  package static func readParameters(_ attributes: inout PluginNode) throws {
    _ = try YoloLayerParameters(&attributes)
  }

  /// Rows and columns of each map.
  private static func mapSizes(
    _ maps: [Operand], _ parameters: YoloLayerParameters
  ) throws -> [(rows: Int, columns: Int)] {
    let expected = "[N,\(parameters.channelCount),H,W]"
    return try maps.enumerated().map { index, map in
      guard map.elementType.floatingType != nil, map.elementType == maps[0].elementType else {
        throw OperatorError("input \(index) is \(map.elementType), expected float32")
      }
      guard map.shape.rank == 4, map.shape[1] == parameters.channelCount else {
        throw OperatorError(
          "input \(index) has shape \(map.shape), expected \(expected): "
            + "\(YoloLayerParameters.anchorsPerMap) anchors with 5 + \(parameters.classCount) "
            + "channels each (attribute num_classes)")
      }
      guard map.shape[0] == maps[0].shape[0] else {
        throw OperatorError(
          "input \(index) has batch \(map.shape[0]), input 0 has \(maps[0].shape[0])")
      }
      return (rows: map.shape[2], columns: map.shape[3])
    }
  }
}

/// One execution of the plugin.
private struct YoloLayerRows<T: FloatingElement> {
  private let maps: [UnsafeBufferPointer<T>]
  private let counts: UnsafeMutableBufferPointer<Int32>
  private let boxes: UnsafeMutableBufferPointer<T>
  private let scores: UnsafeMutableBufferPointer<T>
  private let classes: UnsafeMutableBufferPointer<Int32>
  private let parameters: YoloLayerParameters
  private let decoders: [HeadDecoder<T>]
  private let threshold: T
  private let batch: Int
  private let rowsPerImage: Int

  init(
    _ run: NodeRun, _ parameters: YoloLayerParameters, _ decoders: [HeadDecoder<T>], _ batch: Int
  ) {
    maps = decoders.indices.map { run.input($0) }
    counts = run.output(0)
    boxes = run.output(1)
    scores = run.output(2)
    classes = run.output(3)
    self.parameters = parameters
    self.decoders = decoders
    self.batch = batch
    threshold = T(parameters.scoreThreshold)
    rowsPerImage = batch == 0 ? 0 : scores.count / batch
  }

  func fill() {
    boxes.update(repeating: 0)
    scores.update(repeating: 0)
    classes.update(repeating: 0)
    for image in 0..<batch {
      var row = image * rowsPerImage
      for map in maps.indices {
        for anchor in 0..<YoloLayerParameters.anchorsPerMap {
          appendRows(image: image, map: map, anchor: anchor, next: &row)
        }
      }
      counts[image] = Int32(truncatingIfNeeded: row - image * rowsPerImage)
    }
  }

  /// Looks for candidates in stretches: most hold none, and the test of a stretch is vectorised.
  private func appendRows(image: Int, map: Int, anchor: Int, next row: inout Int) {
    let cellCount = decoders[map].rows * decoders[map].columns
    let channels = 5 + parameters.classCount
    let first = (image * YoloLayerParameters.anchorsPerMap + anchor) * channels * cellCount
    let values = UnsafeBufferPointer(
      rebasing: maps[map][first..<first + channels * cellCount])
    let objectness = UnsafeBufferPointer(
      rebasing: values[4 * cellCount..<5 * cellCount])
    for start in stride(from: 0, to: cellCount, by: 64) {
      let stretch = start..<min(start + 64, cellCount)
      var dropped = 0
      for cell in stretch { dropped &+= objectness[cell] < threshold ? 1 : 0 }
      if dropped == stretch.count { continue }
      // A NaN is not below the threshold either, and is kept.
      for cell in stretch where !(objectness[cell] < threshold) {
        write(values, cell: cell, cellCount: cellCount, decoders[map], anchor, to: row)
        row += 1
      }
    }
  }

  private func write(
    _ values: UnsafeBufferPointer<T>, cell: Int, cellCount: Int, _ decoder: HeadDecoder<T>,
    _ anchor: Int, to row: Int
  ) {
    let corners = decoder.corners(
      x: values[cell], y: values[cellCount + cell], width: values[2 * cellCount + cell],
      height: values[3 * cellCount + cell], anchor: anchor, row: cell / decoder.columns,
      column: cell % decoder.columns)
    boxes[4 * row] = corners.x1
    boxes[4 * row + 1] = corners.y1
    boxes[4 * row + 2] = corners.x2
    boxes[4 * row + 3] = corners.y2
    let choice = ClassChoice<T>.pluginRule(of: parameters.classCount) { index in
      values[(5 + index) * cellCount + cell]
    }
    scores[row] = values[4 * cellCount + cell] * choice.probability
    classes[row] = Int32(truncatingIfNeeded: choice.index)
  }
}
