import Detection
import Tensors

/// The outputs of an NMS plugin in a dump, held against a record.
///
/// Where the record is of the same plugin, the rows above the confidence are what it gave out. Where it
/// is of another form, nobody knows how the plugin suppresses: the rows go through the record's own
/// suppression, as its candidates did.
struct SuppressedRows {
  let form: Form
  /// The tensors that stand for the number of rows, boxes, scores and classes.
  let outputs: [String]
  let capacity: Int
}

extension SuppressedRows {
  /// The forms that tensors may have, known by the names of standard exports, or by shape where the
  /// record is of an NMS plugin.
  ///
  /// - Parameter batch: images in each tensor.
  static func forms(
    of golden: Golden, batch: Int, among archive: TensorArchive
  ) -> [RecordedForm] {
    let names = Set(archive.entries.map(\.name))
    let named = NMSPlugin.outputNames.filter { names.contains($0[1]) && names.contains($0[2]) }
    let sets = named + (golden.suppression == nil ? [] : NMSPlugin.outputNames.prefix(2))
    let capacities = Set(
      archive.entries.compactMap { entry in
        entry.tensor.shape.last == 4 && entry.tensor.shape.elementCount % (4 * batch) == 0
          ? entry.tensor.shape.elementCount / (4 * batch) : nil
      })
    return sets.flatMap { names in
      capacities.sorted().flatMap { capacity in
        [ElementType.int32, .float32].map {
          form(of: golden, names, capacity: capacity, classes: $0, batch: batch)
        }
      }
    }
  }

  private static func form(
    of golden: Golden, _ names: [String], capacity: Int, classes: ElementType, batch: Int
  ) -> RecordedForm {
    let shapes: [(ElementType, Shape)] = [
      (.int32, [batch, 1]), (.float32, [batch, capacity, 4]), (.float32, [batch, capacity]),
      (classes, [batch, capacity]),
    ]
    let isEfficient = names != NMSPlugin.outputNames[0] && names != NMSPlugin.outputNames.last
    let form: Form = isEfficient ? .efficientNMSPlugin : .batchedNMSPlugin
    return RecordedForm(
      title: "the outputs of an NMS plugin with \(capacity) rows",
      outputs: zip(names, shapes).map { name, output in
        ExpectedOutput(name: name, description: TensorDescription(output.0, output.1))
      },
      reading: { _ in
        .suppressed(SuppressedRows(form: form, outputs: names, capacity: capacity))
      })
  }
}

extension SuppressedRows {
  /// Judges the rows of one image.
  ///
  /// - Parameters:
  ///   - tensors: by the names of the outputs.
  ///   - place: the image's place in the batch.
  ///   - options: with the record's own thresholds.
  func judge(
    _ tensors: [String: Tensor], _ place: Int, of image: RecordedImage, in golden: Golden,
    options: ComparisonOptions, tolerance: DetectionTolerance, _ report: inout ImageReport,
    _ judgement: inout Judgement
  ) throws(DetectionError) {
    report.tolerances = tolerance
    let given = try PluginRows(outputs, capacity: capacity, tensors, image: place)
    for difference in given.differences { judgement.differ(difference, in: .detections) }
    let known = golden.knownCells(of: image)
    var rows = given.rows.filter { $0.score > options.confidence || !$0.isFinite }
    for (index, cell) in known.origins(of: rows, tolerance: tolerance).enumerated() {
      rows[index].cell = cell
    }
    let found = CandidateSet(candidates: rows, cells: known)
    let objects = detections(found, known, golden, options, &judgement)
    let recorded = CandidateSet(candidates: image.candidates.map(\.candidate), cells: known)
    let matching = CandidateMatching(
      original: recorded, patched: found,
      rule: CandidateRule(threshold: options.confidence, measure: .product), tolerance: tolerance)
    let detections = DetectionComparison(
      original: image.detections.map(\.object), patched: objects, candidates: matching,
      tolerance: tolerance)
    report.detections = DetectionsReport(detections, labels: golden.labels, frame: image.frame)
    // Rows that are suppressed are none that are missing.
    var candidates = CandidateComparison()
    candidates.original = image.candidates.count
    candidates.patched = rows.count
    candidates.matched = rows.count { $0.cell != nil }
    candidates.extra = rows.count - candidates.matched
    candidates.nonFinite = rows.count { !$0.isFinite }
    judgement.add(candidates, detections, cellsAgree: false)
  }

  /// What the rows come to.
  private func detections(
    _ rows: CandidateSet, _ known: Cells, _ golden: Golden, _ options: ComparisonOptions,
    _ judgement: inout Judgement
  ) -> [DetectedObject] {
    let rule = DetectionRule(
      confidence: options.confidence, iou: options.iou, maximumCount: options.maximumDetections)
    guard golden.suppression == nil else {
      return rows.candidates.filter { $0.score > options.confidence }
        .sorted { $0.score > $1.score }
        .map { row in
          DetectedObject(
            boxInNetworkPixels: row.boxInNetworkPixels, score: row.score,
            classIndex: row.classIndex, cell: row.cell.map { known.layout[$0] })
        }
    }
    judgement.note(
      "how the plugin suppresses is not recorded: its rows go through the record's suppression, IoU "
        + "\(options.iou)")
    // The best class of a box is what Ultralytics' post-processing knows of it.
    var best: [Int: Candidate] = [:]
    var others: [Candidate] = []
    for row in rows.candidates {
      guard let cell = row.cell else {
        others.append(row)
        continue
      }
      if best[cell].map({ $0.score < row.score }) ?? true { best[cell] = row }
    }
    return CandidateSet(candidates: best.values + others, cells: known).detections(rule)
  }
}
