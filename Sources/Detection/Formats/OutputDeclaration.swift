import BoxMath
import ONNXGraph
import Tensors

/// What boxes count, in the user's word.
public enum DeclaredBoxUnit: String, Sendable, CaseIterable {
  case pixels = "px"
  case fractions = "1"
}

/// What scores are, in the user's word.
public enum DeclaredScores: String, Sendable, CaseIterable {
  case probability, logit
}

/// What the columns of rows are, in the user's word.
public struct DeclaredColumns: Sendable, Equatable {
  fileprivate let coding: BoxCoding
  fileprivate let isYFirst: Bool
  fileprivate let box: Int
  fileprivate let score: Int
  fileprivate let label: Int?
  fileprivate let image: Int?
  fileprivate let count: Int

  /// - Parameter text: names with commas between them: four of a box side by side (`x1,y1,x2,y2`,
  ///   `y1,x1,y2,x2` or `cx,cy,w,h`), `score`, and where there are such columns `label` and `image`;
  ///   `-` for a column that is not read.
  /// - Returns: `nil` where the names are others.
  public init?(_ text: String) {
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let boxes: [([String], BoxCoding, Bool)] = [
      (["x1", "y1", "x2", "y2"], .corners, false), (["y1", "x1", "y2", "x2"], .corners, true),
      (["cx", "cy", "w", "h"], .centerAndSize, false),
    ]
    let known = Set(boxes.flatMap { $0.0 } + ["score", "label", "image", "-"])
    guard names.allSatisfy(known.contains), let score = names.firstIndex(of: "score") else {
      return nil
    }
    for (box, coding, isYFirst) in boxes {
      guard let first = names.firstIndex(of: box[0]), first + 4 <= names.count,
        Array(names[first..<first + 4]) == box
      else { continue }
      self.coding = coding
      self.isYFirst = isYFirst
      self.box = first
      self.score = score
      label = names.firstIndex(of: "label")
      image = names.firstIndex(of: "image")
      count = names.count
      return
    }
    return nil
  }
}

/// What the user says of a graph's outputs, where it cannot be shown.
public struct OutputDeclaration: Sendable, Equatable {
  public var columns: DeclaredColumns?
  public var boxUnit: DeclaredBoxUnit?
  public var scores: DeclaredScores?

  public init(
    columns: DeclaredColumns? = nil, boxUnit: DeclaredBoxUnit? = nil,
    scores: DeclaredScores? = nil
  ) {
    self.columns = columns
    self.boxUnit = boxUnit
    self.scores = scores
  }
}

extension Recognizer {
  /// The first output that has the declared columns.
  func declared(_ columns: DeclaredColumns) -> Ending? {
    guard
      let output = floatOutputs.first(where: {
        (2...3).contains($0.shape.rank) && $0.shape.last ?? 0 >= columns.count
      })
    else { return nil }
    let range = ColumnRange(output.name)
    var ending = labelled(
      .rows, boxes: range.advanced(by: columns.box), scores: range.advanced(by: columns.score),
      labels: columns.label.map(range.advanced),
      image: columns.image.map(range.advanced), coding: columns.coding,
      rowCount: output.shape.rank == 3 ? output.shape[1] : nil)
    ending.table?.isYFirst = columns.isYFirst
    ending.kept?.table.isYFirst = columns.isYFirst
    ending.shown = Ending.Shown(boxes: true, scores: true)
    return ending
  }
}

extension Ending {
  /// With what the user says of its numbers; what an experiment shows comes before.
  package func declared(_ declaration: OutputDeclaration, networkSize: (height: Int, width: Int)?)
    -> Ending
  {
    var ending = self
    if let unit = declaration.boxUnit, let networkSize {
      let declared: BoxUnit =
        unit == .pixels
        ? .pixels : .fractions(width: networkSize.width, height: networkSize.height)
      ending.kept?.table.unit = declared
      if !shown.boxes { ending.table?.unit = declared }
      ending.shown.boxes = true
    }
    if let scores = declaration.scores {
      let declared: ScoreActivation = scores == .logit ? .logit : .probability
      if !shown.scores { ending.table?.activation = declared }
      ending.shown.scores = true
    }
    return ending
  }
}
