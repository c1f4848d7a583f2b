import BoxMath
import Tensors

/// The boxes `[N, A, b, 4]` and scores `[N, A, nc]` that an NMS plugin takes, where b is 1 for boxes
/// of all classes, and nc for boxes of one class each.
struct SuppressionOperands {
  let elementType: ElementType
  let batch: Int
  let boxCount: Int
  let classCount: Int
  let boxesPerPlace: Int

  /// - Parameter boxRanks: the ranks that boxes may have; of rank 3 they are `[N, A, 4]`.
  init(_ node: borrowing NodeReader, boxRanks: ClosedRange<Int>) throws {
    let boxes = try node.operand(0)
    let scores = try node.operand(1)
    guard boxes.elementType.floatingType != nil, boxes.elementType == scores.elementType else {
      throw OperatorError(
        "boxes and scores are \(boxes.elementType) and \(scores.elementType), expected float32")
    }
    guard boxRanks.contains(boxes.shape.rank), boxes.shape.last == 4 else {
      throw OperatorError(
        "input 0 has shape \(boxes.shape), expected boxes "
          + (boxRanks.contains(3) ? "[N,A,4] or [N,A,b,4]" : "[N,A,b,4]"))
    }
    guard scores.shape.rank == 3 || scores.shape.rank == 4 && scores.shape[3] == 1 else {
      throw OperatorError("input 1 has shape \(scores.shape), expected scores [N,A,nc]")
    }
    guard scores.shape[0] == boxes.shape[0], scores.shape[1] == boxes.shape[1] else {
      throw OperatorError(
        "input 0 has shape \(boxes.shape) and input 1 \(scores.shape), expected the same number of "
          + "images and boxes")
    }
    elementType = boxes.elementType
    batch = boxes.shape[0]
    boxCount = boxes.shape[1]
    classCount = scores.shape[2]
    boxesPerPlace = boxes.shape.rank == 4 ? boxes.shape[2] : 1
  }

  /// Types and shapes of the four outputs.
  func outputs(
    maximumCount: Int, countShape: [Int], classes: ElementType
  ) throws -> [PreparedNode.Output] {
    [
      .init(.int32, try Shape(validating: countShape)),
      .init(elementType, try Shape(validating: [batch, maximumCount, 4])),
      .init(elementType, try Shape(validating: [batch, maximumCount])),
      .init(classes, try Shape(validating: [batch, maximumCount])),
    ]
  }
}

/// The most scores of an image that may pass an NMS plugin's threshold, all of which are sorted.
private let largestCandidateCount = 1 << 23

/// One execution of an NMS plugin: which rows it gives out.
struct SuppressedRows<T: FloatingElement> {
  let operands: SuppressionOperands
  let suppression: PluginSuppression
  let scores: UnsafeBufferPointer<T>
  /// The corners of the box at a place among all images' boxes.
  let corners: (_ place: Int) -> CodedBox<T>

  /// Writes the count, the boxes and the scores of every image, the rest filled with zeros.
  ///
  /// - Parameters:
  ///   - score: what is given out for a score.
  ///   - writeClass: writes the class of a row, counted over all images.
  func fill(
    _ run: NodeRun, score: (T) -> T = { $0 }, writeClass: (_ row: Int, _ classIndex: Int) -> Void
  ) throws {
    let counts: UnsafeMutableBufferPointer<Int32> = run.output(0)
    let boxes: UnsafeMutableBufferPointer<T> = run.output(1)
    let givenScores: UnsafeMutableBufferPointer<T> = run.output(2)
    boxes.update(repeating: 0)
    givenScores.update(repeating: 0)
    for image in 0..<operands.batch {
      let kept = suppression.kept(of: try candidates(image)) { candidate in
        Box(corners: corners(place(of: candidate, image)))
      }
      let firstRow = image * suppression.suppression.maximumCount
      for (row, candidate) in zip(firstRow..., kept) {
        let box = corners(place(of: candidate, image))
        let clips = suppression.clipsBoxes
        boxes[4 * row] = clips ? box.a.clippedToUnit : box.a
        boxes[4 * row + 1] = clips ? box.b.clippedToUnit : box.b
        boxes[4 * row + 2] = clips ? box.c.clippedToUnit : box.c
        boxes[4 * row + 3] = clips ? box.d.clippedToUnit : box.d
        givenScores[row] = score(scores[scorePlace(of: candidate, image)])
        writeClass(row, candidate.classIndex)
      }
      counts[image] = Int32(truncatingIfNeeded: kept.count)
    }
  }

  private func candidates(_ image: Int) throws -> [ScoredClass] {
    let classCount = operands.classCount
    var candidates: [ScoredClass] = []
    for box in 0..<operands.boxCount {
      let first = (image * operands.boxCount + box) * classCount
      guard candidates.count <= largestCandidateCount else {
        throw OperatorError(
          "more than \(largestCandidateCount) scores of image \(image) pass the threshold of "
            + "\(suppression.scoreThreshold), expected a higher threshold or fewer boxes")
      }
      for classIndex in 0..<classCount {
        let score = Float(scores[first + classIndex])
        if suppression.admits(score), classIndex != suppression.backgroundClass {
          candidates.append(ScoredClass(box: box, classIndex: classIndex, score: score))
        }
      }
    }
    return candidates
  }

  private func place(of candidate: ScoredClass, _ image: Int) -> Int {
    let cell = (image * operands.boxCount + candidate.box) * operands.boxesPerPlace
    return operands.boxesPerPlace == 1 ? cell : cell + candidate.classIndex
  }

  private func scorePlace(of candidate: ScoredClass, _ image: Int) -> Int {
    (image * operands.boxCount + candidate.box) * operands.classCount + candidate.classIndex
  }
}

extension FloatingElement {
  fileprivate var clippedToUnit: Self { max(min(self, 1), 0) }
}
