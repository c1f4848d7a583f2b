import BoxMath
import Detection

extension RecordedImage {
  /// As it is stored.
  var json: JSONText {
    .members([
      ("path", .string(path)), ("sha256", .string(sha256)),
      ("batchIndex", batchIndex.map { .number($0) } ?? .null),
      ("input", input.json),
      ("grids", layout.json),
      ("tolerance", tolerance.json),
      ("noise", noise?.json ?? .null),
      ("cellDigest", .string(cellDigest)),
      ("anchorStatistics", .lines(statistics.anchors.map { $0.json })),
      ("classStatistics", .lines(statistics.classes.map { $0.json })),
      ("cells", .lines(sample.map { $0.json(layout) })),
      ("candidates", .lines(candidates.map { $0.json(layout) })),
      ("detections", .lines(detections.map { $0.json })),
    ])
  }
}

extension RecordedNoise {
  fileprivate var json: JSONText {
    .object([
      ("boxPx", .number(boxPx)), ("score", .number(score)),
      (
        "outputs",
        .array(
          outputs.map {
            .object([
              ("name", .string($0.name)), ("maxError", .number($0.maxError)),
              ("rmsError", .number($0.rmsError)),
            ])
          })
      ),
    ])
  }
}

extension RecordedInput {
  fileprivate var json: JSONText {
    .members([
      ("shape", .numbers(shape)), ("sha256", .string(sha256)),
      (
        "placement",
        placement.map { placement in
          .object([
            ("source", .numbers([placement.sourceWidth, placement.sourceHeight])),
            ("scaled", .numbers([placement.scaledWidth, placement.scaledHeight])),
            ("at", .numbers([placement.left, placement.top])),
          ])
        } ?? .null
      ),
    ])
  }
}

extension CellStatistics.OfAnchor {
  fileprivate var json: JSONText {
    .object([
      ("scale", .number(scale)), ("anchor", .number(anchor)), ("boxMean", .numbers(boxMean)),
      ("boxLeast", .numbers(boxLeast)), ("boxLargest", .numbers(boxLargest)),
      ("objectness", objectness.map { .numbers($0) } ?? .null),
    ])
  }
}

extension CellStatistics.OfScale {
  fileprivate var json: JSONText {
    .object([
      ("scale", .number(scale)), ("mean", .numbers(mean)), ("largest", .numbers(largest)),
    ])
  }
}

extension Cell {
  /// Scale, anchor, row and column.
  fileprivate var json: JSONText { .numbers([scale, anchor, row, column]) }
}

extension KnownCell {
  fileprivate func json(_ layout: CellLayout) -> JSONText {
    .object([
      ("cell", layout[cell].json), ("box", .box(boxInNetworkPixels)),
      ("objectness", objectness.map { .number($0) } ?? .null), ("scores", .numbers(classScores)),
    ])
  }
}

extension RecordedCandidate {
  fileprivate func json(_ layout: CellLayout) -> JSONText {
    .object([
      ("cell", layout[cell].json), ("box", .box(candidate.boxInNetworkPixels)),
      ("score", .number(candidate.score)), ("class", .number(candidate.classIndex)),
      ("objectness", objectness.map { .number($0) } ?? .null),
      ("probability", .number(probability)),
      (
        "next",
        next.map { .array([.number($0.classIndex), .number($0.probability)]) } ?? .null
      ),
    ])
  }
}

extension RecordedDetection {
  fileprivate var json: JSONText {
    .object([
      ("cell", object.cell?.json ?? .null), ("box", .box(object.boxInNetworkPixels)),
      ("score", .number(object.score)), ("class", .number(object.classIndex)),
      ("boxInPicture", .numbers(boxInPicture)),
    ])
  }
}

extension JSONText {
  fileprivate static func box(_ box: Box) -> JSONText {
    .numbers([box.x1, box.y1, box.x2, box.y2])
  }
}
