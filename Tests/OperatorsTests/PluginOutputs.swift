import ONNXGraph
import Tensors
import TestSupport
import Testing

/// What an NMS plugin gave out.
struct PluginOutputs {
  let shapes: [Shape]
  let counts: [Int32]
  let boxes: [Float]
  let scores: [Float]
  /// Whatever their type.
  let classes: [Float]

  init(_ tensors: [Tensor]) throws {
    try #require(tensors.count == 4 && tensors[0].elementType == .int32)
    shapes = tensors.map(\.shape)
    counts = tensors[0].elements()
    boxes = tensors[1].elements()
    scores = tensors[2].elements()
    classes =
      tensors[3].elementType == .int32
      ? tensors[3].elements(of: Int32.self).map { Float($0) } : tensors[3].elements()
  }
}

/// Boxes that overlap often, some with corners exchanged, and scores of few values, so that they tie.
struct CrowdedScene {
  let batch: Int
  let boxCount: Int
  let classCount: Int
  let boxesPerPlace: Int
  let boxes: [Float]
  let scores: [Float]

  init(
    batch: Int, boxCount: Int, classCount: Int, boxesPerPlace: Int, boxes: [Float], scores: [Float]
  ) {
    self.batch = batch
    self.boxCount = boxCount
    self.classCount = classCount
    self.boxesPerPlace = boxesPerPlace
    self.boxes = boxes
    self.scores = scores
  }

  init(batch: Int, boxCount: Int, classCount: Int, boxesPerPlace: Int = 1, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let boxes = (0..<batch * boxCount * boxesPerPlace).flatMap { _ -> [Float] in
      let x = Float.random(in: 0...40, using: &generator)
      let y = Float.random(in: 0...40, using: &generator)
      return [
        x, y, x + .random(in: -4...25, using: &generator),
        y + .random(in: 5...25, using: &generator),
      ]
    }
    let scores = (0..<batch * boxCount * classCount).map { _ in
      Float(Int.random(in: 0...12, using: &generator)) / 16
    }
    self.init(
      batch: batch, boxCount: boxCount, classCount: classCount, boxesPerPlace: boxesPerPlace,
      boxes: boxes, scores: scores)
  }

  func box(_ image: Int, _ box: Int, _ classIndex: Int) -> [Float] {
    let place = (image * boxCount + box) * boxesPerPlace + (boxesPerPlace == 1 ? 0 : classIndex)
    return Array(boxes[4 * place..<4 * place + 4])
  }

  func score(_ image: Int, _ box: Int, _ classIndex: Int) -> Float {
    scores[(image * boxCount + box) * classCount + classIndex]
  }

  var scoreTensor: Tensor { Tensor(scores, shape: [batch, boxCount, classCount]) }

  /// `[N, A, b, 4]`
  var boxTensor: Tensor { Tensor(boxes, shape: [batch, boxCount, boxesPerPlace, 4]) }
}
