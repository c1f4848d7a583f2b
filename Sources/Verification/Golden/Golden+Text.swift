import BoxMath
import Detection
import Foundation

extension Golden {
  /// The record as it is stored: the same bytes for equal records.
  ///
  /// The last member is the SHA-256 of all bytes before it, so that a record that was damaged or
  /// edited is known for one.
  package var text: String {
    let body = json.text().dropLast(2) + ",\n"
    return body + Self.footer(digest: SHA256.hexDigest(of: Data(body.utf8)))
  }

  /// The end of a record whose other bytes have this digest.
  static func footer(digest: String) -> String { "  \"digest\": \"\(digest)\"\n}\n" }

  private var json: JSONText {
    .members([
      ("schema", .number(Self.schema)),
      ("tool", .string(tool)),
      ("model", model.json),
      ("classes", .array(classNames.map { $0.map { .string($0) } ?? .null })),
      ("decode", decode.json),
      ("preprocessing", preprocessing.json),
      ("thresholds", thresholds.json),
      ("seed", .number(seed)),
      ("inputs", inputs.map { .string($0) } ?? .null),
      ("stress", stress?.json ?? .null),
      ("images", .lines(images.map { $0.json })),
    ])
  }
}

extension RecordedModel {
  fileprivate var json: JSONText {
    .members([
      ("path", .string(path)), ("sha256", .string(sha256)), ("form", .string(form.rawValue)),
      ("precision", .string(precision.rawValue)),
    ])
  }
}

extension RecordedDecode {
  fileprivate var json: JSONText {
    .members([
      ("scores", .string(scoring.rawValue)),
      (
        "scales",
        scales.map { scales in
          .lines(
            scales.map { scale in
              .object([
                ("stride", .array([.number(scale.strideX), .number(scale.strideY)])),
                ("anchors", .array(scale.anchors.map { .numbers([$0.width, $0.height]) })),
              ])
            })
        } ?? .null
      ),
    ])
  }
}

extension RecordedPreprocessing {
  fileprivate var json: JSONText {
    .object([
      ("resize", .string(resize.rawValue)), ("channels", .string(channels.rawValue)),
      ("scale", .number(scale)), ("pad", .number(Int(pad))),
      ("rectangularStride", rectangularStride.map { .number($0) } ?? .null),
    ])
  }
}

extension RecordedThresholds {
  fileprivate var json: JSONText {
    .object([
      ("confidence", .number(confidence)), ("iou", .number(iou)),
      ("maxDetections", .number(maximumDetections)),
      ("plugin", plugin.map { .number($0) } ?? .null),
    ])
  }
}

extension RecordedImage {
  fileprivate var json: JSONText {
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

extension RecordedStress {
  fileprivate var json: JSONText {
    .members([
      ("seed", .literal("\(fed.seed)")), ("cases", .number(fed.cases)),
      ("grids", fed.layout.json), ("channels", .number(fed.channels)),
      ("precision", .string(fed.precision.rawValue)), ("tolerance", tolerance.json),
      ("isDecoded", .literal("\(isDecoded)")), ("digest", .string(digest)),
      ("means", .lines(means.anchors.map { $0.json })),
    ])
  }
}

extension CellMeans.OfAnchor {
  fileprivate var json: JSONText {
    .object([
      ("scale", .number(scale)), ("anchor", .number(anchor)), ("box", .numbers(box)),
      ("objectness", objectness.map { .number($0) } ?? .null), ("classes", .numbers(classes)),
      ("nonFinite", .numbers(nonFinite)),
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

extension DetectionTolerance {
  fileprivate var json: JSONText {
    .object([("boxPx", .number(boxPx)), ("score", .number(score))])
  }
}

extension CellLayout {
  /// Anchors, rows and columns of each scale.
  fileprivate var json: JSONText {
    .array(scales.map { .numbers([$0.anchors, $0.rows, $0.columns]) })
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
