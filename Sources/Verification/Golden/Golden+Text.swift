import Detection
import FoundationEssentials

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
      ("suppression", suppression?.json ?? .null),
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

extension RecordedSuppression {
  fileprivate var json: JSONText {
    func sorted<Value>(_ values: [String: Value], _ text: (Value) -> JSONText) -> JSONText {
      .object(values.sorted { $0.key < $1.key }.map { ($0.key, text($0.value)) })
    }
    return .members([
      ("operator", .string(operatorType)), ("ints", sorted(ints) { .number($0) }),
      ("floats", sorted(floats) { .number($0) }),
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

extension DetectionTolerance {
  /// As it is stored.
  var json: JSONText {
    .object([("boxPx", .number(boxPx)), ("score", .number(score))])
  }
}

extension CellLayout {
  /// Anchors, rows and columns of each scale.
  var json: JSONText {
    .array(scales.map { .numbers([$0.anchors, $0.rows, $0.columns]) })
  }
}
