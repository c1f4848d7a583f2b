import BoxMath

extension Cells {
  /// What an NMS plugin gives out when these cells are its inputs, highest score first.
  ///
  /// Scores tie in the order of the rows the cells stand in. A box whose centre is in the unit square
  /// is clipped where the plugin clips: any other would be no box of a picture any more.
  package func detections(_ plugin: PluginSuppression) -> [DetectedObject] {
    suppressed(plugin).map { cell, row in
      let box = boxInPlugin(cell, clipped: false)
      return DetectedObject(
        boxInNetworkPixels: plugin.clipsBoxes && box.isCenteredInUnit ? box.clippedToUnit : box,
        score: row.score, classIndex: row.classIndex, cell: layout[cell])
    }
  }

  /// The rows an NMS plugin makes of these cells as its inputs.
  package func rows(_ plugin: PluginSuppression) -> [Candidate] {
    suppressed(plugin).map { cell, row in
      Candidate(
        cell: cell, boxInNetworkPixels: boxInPlugin(cell, clipped: plugin.clipsBoxes),
        score: row.score, classIndex: row.classIndex)
    }
  }

  /// Whether most boxes lie so that clipping them to the unit square leaves nothing of them.
  package var areBoxesInPixels: Bool {
    withReader { reader in
      var (inside, outside) = (0, 0)
      reader.forEachStretch { stretch in
        if reader.box(of: stretch.firstCell).isCenteredInUnit { inside += 1 } else { outside += 1 }
      }
      return outside > inside
    }
  }

  private func boxInPlugin(_ cell: Int, clipped: Bool) -> Box {
    let box = box(of: cell)
    return clipped ? box.clippedToUnit : box
  }

  private func suppressed(_ plugin: PluginSuppression) -> [(cell: Int, row: ScoredClass)] {
    withReader { reader in
      let cellOfRow = rowOfCell.map { rows in
        Dictionary(rows.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
      }
      func cell(_ row: ScoredClass) -> Int { cellOfRow?[row.box] ?? row.box }
      let kept = plugin.kept(of: reader.scoredClasses(plugin, rowOfCell)) {
        reader.box(of: cell($0))
      }
      return kept.map { (cell($0), $0) }
    }
  }
}

extension CellReader {
  /// The classes of all cells that pass a plugin's threshold, by the rows the cells stand in.
  fileprivate func scoredClasses(
    _ plugin: PluginSuppression, _ rowOfCell: [Int]?
  ) -> [ScoredClass] {
    var found: [ScoredClass] = []
    var block = CellBlock(classCount: classCount)
    forEachStretch { stretch in
      loadScores(stretch, into: &block, withClasses: true)
      if hasObjectness { block.multiplyClasses() }
      for (classIndex, scores) in block.classes.enumerated()
      where classIndex != plugin.backgroundClass {
        let passes =
          plugin.admitsThreshold
          ? scores .>= plugin.scoreThreshold : scores .> plugin.scoreThreshold
        guard any(passes) else { continue }
        for lane in 0..<stretch.count where passes[lane] {
          let cell = stretch.firstCell + lane
          found.append(
            ScoredClass(
              box: rowOfCell?[cell] ?? cell, classIndex: self.classIndex(classIndex, of: cell),
              score: scores[lane]))
        }
      }
    }
    return found
  }
}

extension Box {
  fileprivate var isCenteredInUnit: Bool {
    let (x, y) = ((x1 + x2) / 2, (y1 + y2) / 2)
    return (0...1).contains(x) && (0...1).contains(y)
  }

  fileprivate var clippedToUnit: Box {
    func clipped(_ x: Float) -> Float { max(min(x, 1), 0) }
    return Box(x1: clipped(x1), y1: clipped(y1), x2: clipped(x2), y2: clipped(y2))
  }
}
