import Detection
import Tensors

extension Report {
  /// The report for people: a line for each graph, a few for each image, the verdict.
  public var text: String {
    var lines = graphLines
    for image in images {
      lines += [""] + image.textLines(several: images.count > 1, sides: sideTitles)
    }
    if let synthetic { lines += [""] + synthetic.map(\.syntheticLine) }
    lines += (drift?.textLines ?? []).map { "  " + $0 }
    let stressLines = [stress?.text, coverage?.text(hasStress: stress != nil)].compactMap { $0 }
    if !stressLines.isEmpty { lines += [""] + stressLines }
    let skipped = (notCompared ?? []).map { "not compared: \($0.what): \($0.why)" }
    let said = notes.map { "note: \($0)" } + skipped
    if !said.isEmpty { lines += [""] + said }
    lines.append("")
    lines += reasons.filter { !failures.contains($0) }.map { "- \($0)" }
    if !failures.isEmpty { lines.append("- \(failures.count) could not be read or run") }
    lines += diagnosisLines
    lines.append("verdict: \(verdict.rawValue)")
    return lines.drop { $0.isEmpty }.map { $0 + "\n" }.joined()
  }

  /// What the two sides are called.
  private var sideTitles: Pair<String> {
    if golden != nil {
      return Pair(original: "record", patched: dump == nil ? "graph" : "dump")
    }
    return dump == nil
      ? Pair(original: "original", patched: "patched")
      : Pair(original: "reference", patched: "dump")
  }

  /// What would explain the differences, the best first.
  var diagnosisLines: [String] {
    guard let diagnosis else { return [] }
    guard let first = diagnosis.first else {
      return verdict == .different ? ["diagnosis: nothing explains it"] : []
    }
    return ["diagnosis: " + first.line] + diagnosis.dropFirst().map { "or as well: " + $0.line }
  }

  private var graphLines: [String] {
    var table = TextTable()
    let sides = Pair(original: original, patched: patched)
    for (title, side) in sideTitles.with(sides).both {
      table.add([title, side.path, side.formText])
    }
    if let dump { table.add(["engine", dump.text, ""]) }
    var lines = table.lines
    if let sharing {
      lines.append(
        "sharing   \(sharing.identicalNodes) nodes proven identical, \(sharing.originalOnly) only in "
          + "the original, \(sharing.patchedOnly) only in the patched")
    }
    return lines
  }
}

extension GraphReport {
  /// The form, and where detections are read from where that may not be plain.
  fileprivate var formText: String {
    guard let form else { return "" }
    guard let readFrom, hasOtherOutputs else { return form }
    return "\(form), read from \(readFrom.map { "'\(shown: $0)'" }.joined(separator: ", "))"
  }
}

extension DumpReport {
  fileprivate var text: String {
    let digits = significantDigits.map { ", \($0) significant digits" } ?? ""
    return "\(engine.rawValue), written as \(format ?? "nothing that can be read")\(digits)"
  }
}

extension DiagnosisReport {
  fileprivate var line: String {
    let share =
      explains.value < 1 && explains.value > 0
      ? " (\((explains.value * 100).fixed(1)) % of what differs)" : ""
    return "\(text)\(share) [\(ids.joined(separator: ", "))]"
  }
}

extension ImageReport {
  /// What came of synthetic pictures, in a line.
  fileprivate var syntheticLine: String {
    let what =
      cells.map { "\($0.compared) cells compared, \($0.different) different" }
      ?? tensors.map { "\($0.count) tensors compared" } ?? "nothing compared"
    return "synthetic \(path): \(what); \(verdict.rawValue)"
  }

  fileprivate func textLines(several: Bool, sides: Pair<String>) -> [String] {
    let shape = inputShape.map { " as [\($0.map(String.init).joined(separator: ","))]" } ?? ""
    var lines = [path + shape + (several ? ": \(verdict.rawValue)" : "")]
    if let cells {
      lines.append("  cells       " + cells.text(tolerances))
      if let statistics = cells.statistics { lines.append("  all cells   " + statistics.text) }
    } else if let tolerances {
      lines.append("  allowed     " + tolerances.text)
    }
    lines += (differences ?? []).isEmpty ? [] : differences!.lines.map { "  " + $0 }
    if candidates?.findings.contains(where: { $0.formulas != nil }) != true {
      lines += (cells?.formulas ?? []).map { "      " + $0 }
    }
    if let candidates {
      lines.append("  candidates  " + candidates.text)
      lines += candidates.findings.prefix(5).flatMap { finding in
        ["    " + finding.text(sides)] + (finding.formulas ?? []).map { "      " + $0 }
      }
    }
    if let detections {
      lines.append("  detections  " + detections.text)
      lines += detections.tableLines(sides).map { "    " + $0 }
    }
    for tensor in tensors ?? [] { lines.append("  tensor      " + tensor.text) }
    lines += ((precision?.textLines ?? []) + (simulation?.textLines ?? [])).map { "  " + $0 }
    return lines
  }
}

extension CellsReport {
  fileprivate func text(_ tolerances: DetectionTolerance?) -> String {
    var text = "\(compared) compared, \(different) different; largest errors "
    text += "\(maxBoxErrorPx.text) px, \(maxScoreError.text) in score"
    if let tolerances {
      text += " (allowed \(tolerances.boxText), \(Figure(tolerances.score).text))"
    }
    if let worst {
      text += ", worst at \(worst)" + (worstClass.map { ", class \($0)" } ?? "")
    }
    return text
  }
}

extension StatisticsReport {
  fileprivate var text: String {
    "\(compared) means and extremes compared, \(different) different"
  }
}

extension DetectionTolerance {
  fileprivate var text: String { "\(boxText) px, \(Figure(score).text) in score" }

  /// What is allowed a box, in pixels.
  var boxText: String {
    Figure(boxPx).text + (boxRelative.map { " + \(Figure($0).text) of a side" } ?? "")
  }
}

extension CandidatesReport {
  fileprivate var text: String {
    var parts = ["\(original) and \(patched), \(matched) matched"]
    let counts = [
      (missing, "missing"), (extra, "extra"), (classMismatches, "of another class"),
      (ambiguous, "ambiguous"), (specified, "different by specification"),
    ]
    parts += counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    let errors = "largest errors \(maxBoxErrorPx.text) px, \(maxScoreError.text) in score"
    return parts.joined(separator: ", ") + (matched > 0 ? "; " + errors : "")
  }
}

extension FindingReport {
  fileprivate func text(_ titles: Pair<String>) -> String {
    let sides = [(titles.original, original), (titles.patched, patched)].compactMap { title, side in
      side.map { "\(title) \($0.label ?? "class \($0.class)") \($0.score.score)" }
    }
    let place = (row.map { " in row \($0)" } ?? "") + (cell.map { " at \($0)" } ?? "")
    let apart = boxErrorPx.map { ", \($0.text) px apart" } ?? ""
    let what = ([kind] + (also ?? [])).map(\.rawValue).listed
    return "\(what)\(place): " + sides.joined(separator: ", ") + apart
  }
}

extension DetectionsReport {
  fileprivate var text: String {
    var parts = ["\(original.count) and \(patched.count), \(matched) matched"]
    let counts = [
      (missing, "missing"), (extra, "extra"), (classMismatches, "of another class"),
      (specified ?? 0, "different by specification"),
    ]
    parts += counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return parts.joined(separator: ", ")
  }

  /// Rows printed at most.
  private static let rowLimit = 20

  fileprivate func tableLines(_ sides: Pair<String>) -> [String] {
    guard !pairs.isEmpty else { return [] }
    var table = TextTable(numericFrom: 1)
    table.add([
      "class", sides.original, sides.patched, "box in the image: \(sides.original)", sides.patched,
    ])
    for pair in pairs.prefix(Self.rowLimit) {
      let left = pair[0].map { original[$0] }
      let right = pair[1].map { patched[$0] }
      let classes = [left, right].compactMap { $0?.title }
      table.add([
        classes.first == classes.last ? classes.first ?? "" : classes.joined(separator: " / "),
        left?.score.score ?? "-", right?.score.score ?? "-", left?.boxText ?? "-",
        right?.boxText ?? "-",
      ])
    }
    let rest = pairs.count - Self.rowLimit
    return table.lines + (rest > 0 ? ["and \(rest) more"] : [])
  }
}

extension DetectionReport {
  fileprivate var title: String { label ?? "class \(`class`)" }
  fileprivate var boxText: String { box.map(\.pixels).joined(separator: " ") }
}

extension TensorReport {
  fileprivate var text: String {
    let names = original == patched ? original : "\(original) and \(patched)"
    let place = worstIndex.map { " at [\($0.map(String.init).joined(separator: ","))]" } ?? ""
    return "\(names) (paired by \(pairedBy.rawValue)): largest errors \(maxAbsoluteError.text), "
      + "relative \(maxRelativeError.text)\(place)"
  }
}

extension Figure {
  /// Two significant digits, for errors.
  package var text: String {
    if value == 0 { return "0" }
    guard value.isFinite else { return "not finite" }
    return value.significant(2)
  }

  var score: String { value.isFinite ? value.fixed(4) : "not finite" }

  fileprivate var pixels: String {
    value.isFinite ? value.fixed(1, width: 7) : "not finite"
  }
}
