import BoxMath
import Detection
import Tensors

/// What tensors from elsewhere may be, for the network of a record.
struct RecordedForm {
  /// How messages call it.
  let title: String
  let outputs: [ExpectedOutput]
  /// How the tensors are read, once they are at hand.
  let reading: ([String: Tensor]) -> Reading

  enum Reading {
    case ending(Ending)
    /// The rows of an NMS plugin.
    case suppressed(SuppressedRows)
  }

  /// The forms that are looked for, in this order.
  ///
  /// - Parameters:
  ///   - batch: images in each tensor.
  ///   - tensors: what is at hand, for how many rows there are.
  static func all(
    of image: RecordedImage, in golden: Golden, batch: Int, among tensors: TensorArchive
  ) -> [RecordedForm] {
    let (layout, classCount) = (image.layout, golden.classCount)
    let cells = layout.cellCount
    func output(_ name: String, _ sizes: [Int], _ type: ElementType = .float32) -> ExpectedOutput {
      ExpectedOutput(
        name: name, description: TensorDescription(type, Shape([batch] + sizes)))
    }
    var forms = [
      RecordedForm(
        title: "decoded rows [\(batch),\(cells),\(5 + classCount)]",
        outputs: [output("output", [cells, 5 + classCount])],
        reading: { _ in .ending(.decodedRows("output", classCount: classCount)) }),
      RecordedForm(
        title: "boxes [\(batch),\(cells),4] and scores [\(batch),\(cells),\(classCount)]",
        outputs: [output("boxes", [cells, 4]), output("scores", [cells, classCount])],
        reading: { _ in
          .ending(.boxesAndScores(boxes: "boxes", scores: "scores", classCount: classCount))
        }),
    ]
    if golden.decode.scales != nil {
      forms += [HeadMap.Axes.merged, .channelsLast].compactMap {
        heads(layout, $0, classCount: classCount, batch: batch)
      }
    }
    let suppressed = SuppressedRows.forms(of: golden, batch: batch, among: tensors)
    return forms + suppressed + [yoloLayer(layout, golden, batch: batch)].compactMap { $0 }
  }

  /// The head maps, probabilities or logits.
  private static func heads(
    _ layout: CellLayout, _ axes: HeadMap.Axes, classCount: Int, batch: Int
  ) -> RecordedForm? {
    let shapes = layout.scales.map { scale -> Shape in
      axes == .merged
        ? [batch, scale.anchors * (5 + classCount), scale.rows, scale.columns]
        : [batch, scale.anchors, scale.rows, scale.columns, 5 + classCount]
    }
    let maps = zip(layout.scales, shapes).enumerated().compactMap { index, scale in
      HeadMap(
        name: "p\(index + 3)", shape: scale.1, axes: axes, anchors: scale.0.anchors)
    }
    guard maps.count == shapes.count, maps.layout == layout else { return nil }
    return RecordedForm(
      title: "head maps \(shapes.map(\.description).joined(separator: ", "))",
      outputs: zip(maps, shapes).map { map, shape in
        ExpectedOutput(name: map.name, description: TensorDescription(.float32, shape))
      },
      reading: { tensors in
        let areProbabilities = maps.allSatisfy { map in
          tensors[map.name]?.doubles().allSatisfy { !($0 < 0 || $0 > 1) } ?? false
        }
        return .ending(.heads(maps, throughSigmoid: areProbabilities, classCount: classCount))
      })
  }

  /// The plugin's outputs, where it could have been built for this network.
  private static func yoloLayer(
    _ layout: CellLayout, _ golden: Golden, batch: Int
  ) -> RecordedForm? {
    let shapes = layout.scales.map { scale -> Shape in
      [batch, scale.anchors * (5 + golden.classCount), scale.rows, scale.columns]
    }
    let maps = zip(layout.scales, shapes).enumerated().compactMap { index, scale in
      HeadMap(
        name: "p\(index + 3)", shape: scale.1, axes: .merged, anchors: scale.0.anchors)
    }
    guard let scales = golden.decode.scales, let last = scales.last, maps.count == scales.count,
      maps.count == YoloLayerParameters.mapCount,
      let parameters = try? YoloLayerParameters(
        maximumStride: Int(last.strideX.rounded()), classCount: golden.classCount,
        anchors: scales.flatMap { $0.anchors.flatMap { [$0.width, $0.height] } },
        scoreThreshold: golden.thresholds.candidates)
    else { return nil }
    let names = YoloLayerParameters.outputNames
    let rows = layout.cellCount
    let shapesOfOutputs: [(ElementType, [Int])] = [
      (.int32, [1]), (.float32, [rows, 4]), (.float32, [rows]), (.int32, [rows]),
    ]
    return RecordedForm(
      title: "the outputs of \(YoloLayerParameters.operatorType) with \(rows) rows",
      outputs: zip(names, shapesOfOutputs).enumerated().map { place, output in
        ExpectedOutput(
          name: output.0,
          description: TensorDescription(output.1.0, Shape([batch] + output.1.1)),
          holdsRows: place > 0)
      },
      reading: { _ in .ending(.yoloLayer(parameters, maps: maps, outputs: names)) })
  }
}
