import BoxMath
import Kernels
import Tensors

/// `NonMaxSuppression`: which boxes of each class of each image stay.
///
/// Inputs: boxes `[N, A, 4]`, scores `[N, nc, A]`, then three numbers that may be left out: how many
/// boxes of a class stay at most (none), the overlap above which a box is dropped (0), and the score
/// a box has to exceed (any). Output: image, class and box of each that stays, `[M, 3]` int64, by
/// image, class and falling score.
///
/// Boxes are y1, x1, y2, x2 by any two opposite corners, or centre and size with `center_point_box`.
/// Equal scores stand by box, and a score that is not a number is dropped, both as in ONNX Runtime;
/// the definition leaves them open. Boxes and scores are float32; where a graph is computed in
/// float64, they are rounded.
package enum NonMaxSuppression: Operator {
  package static let type = "NonMaxSuppression"
  package static let opsets = 10...newestOpset

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...5)
    let coding: BoxCoding =
      try node.flag("center_point_box", default: false) ? .centerAndSize : .corners
    let boxes = try node.floats(0)
    let scores = try node.floats(1)
    guard boxes.shape.rank == 3, boxes.shape[2] == 4, scores.shape.rank == 3,
      scores.shape[0] == boxes.shape[0], scores.shape[2] == boxes.shape[1]
    else {
      throw OperatorError(
        "boxes and scores have shapes \(boxes.shape) and \(scores.shape), expected [N,A,4] and "
          + "[N,nc,A]")
    }
    let maximumCount: Int64 = try node.number(2) ?? 0
    let iouThreshold = try node.floatNumber(3) ?? 0
    guard (0...1).contains(iouThreshold) else {
      throw OperatorError("input 3 (iou_threshold) is \(iouThreshold), expected 0 to 1")
    }
    var suppression = NonMaximumSuppression(
      iouThreshold: iouThreshold, maximumCount: Int(clamping: maximumCount))
    suppression.overlap = .orderedArea
    let selected = select(
      suppression, boxes, scores, coding, scoreThreshold: try node.floatNumber(4))
    return .constants([
      Tensor(selected, shape: try Shape(validating: [selected.count / 3, 3]))
    ])
  }

  private static func select(
    _ suppression: NonMaximumSuppression, _ boxes: Tensor, _ scores: Tensor, _ coding: BoxCoding,
    scoreThreshold: Float?
  ) -> [Int64] {
    let (classCount, boxCount) = (scores.shape[1], scores.shape[2])
    var selected: [Int64] = []
    guard scores.shape.elementCount > 0 else { return [] }
    let all = boxes.withElements(of: Float.self) { numbers in
      (0..<numbers.count / 4).map {
        Box(corners: CodedBox(numbers, at: 4 * $0).corners(from: coding))
      }
    }
    scores.withElements(of: Float.self) { scores in
      for image in 0..<boxes.shape[0] {
        for classIndex in 0..<classCount {
          let first = (image * classCount + classIndex) * boxCount
          let candidates = (0..<boxCount).filter { box in
            let score = scores[first + box]
            return scoreThreshold.map { score > $0 } ?? !score.isNaN
          }
          let kept = suppression(
            boxes: candidates.map { all[image * boxCount + $0] },
            scores: candidates.map { scores[first + $0] }, classes: candidates.map { _ in 0 })
          selected += kept.flatMap { [image, classIndex, candidates[$0]].map { Int64($0) } }
        }
      }
    }
    return selected
  }
}

extension NodeReader {
  /// The value of an input, as float32.
  fileprivate func floats(_ index: Int) throws -> Tensor {
    let tensor = try value(index)
    guard tensor.elementType.floatingType != nil else {
      throw OperatorError("input \(index) is \(tensor.elementType), expected float32")
    }
    return tensor.cast(to: .float32, team: ThreadTeam(threadCount: 1))
  }

  /// The only element of a floating-point input that may be left out.
  fileprivate func floatNumber(_ index: Int) throws -> Float? {
    guard optionalOperand(index) != nil else { return nil }
    let tensor = try floats(index)
    guard tensor.shape.elementCount == 1 else {
      throw OperatorError("input \(index) has shape \(tensor.shape), expected one number")
    }
    return tensor.elements(of: Float.self)[0]
  }

  /// The only element of an input that may be left out.
  fileprivate func number<T: Element>(_ index: Int) throws -> T? {
    guard optionalOperand(index) != nil else { return nil }
    let tensor = try value(index)
    guard tensor.elementType == T.elementType, tensor.shape.elementCount == 1 else {
      throw OperatorError(
        "input \(index) is \(tensor.elementType)\(tensor.shape), expected one \(T.elementType)")
    }
    return tensor.elements(of: T.self)[0]
  }
}
