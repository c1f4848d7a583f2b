import BoxMath
import Glibc
import Tensors

extension Ending {
  /// The cells of one image of a run.
  ///
  /// - Parameters:
  ///   - tensors: what the run gave for ``observedTensors``.
  ///   - image: the image's place in the batch.
  ///   - geometry: for decoded rows, the graph's own as ``Probe`` found it; for head maps, that of
  ///     the other graph, or of options. What the graph itself tells when left out.
  ///   - keepingFloat64: whether float64 tensors stay what they are, for ``Cells/values`` alone.
  /// - Throws: ``DetectionError`` when the graph has no cells, or they cannot be had like this.
  package func cells(
    in tensors: [String: Tensor], image: Int, geometry other: DecodeGeometry? = nil,
    keepingFloat64: Bool = false
  ) throws(DetectionError) -> Cells {
    guard let geometry = other ?? geometry, let classCount = classCount ?? table?.classCountOfBest
    else {
      throw DetectionError("a graph that ends in \(form.rawValue) has no cells")
    }
    let builder = CellsBuilder(
      tensors: tensors, image: image, geometry: geometry, classCount: classCount,
      keepsFloat64: keepingFloat64)
    if let table { return try builder.table(table) }
    if let maps {
      guard let decoders = geometry.decoders else {
        throw DetectionError("the strides and anchors of the head maps are not known")
      }
      return try builder.heads(maps.maps, decoders, isLogit: !maps.areThroughSigmoid)
    }
    guard let yoloLayer else {
      throw DetectionError("a graph that ends in \(form.rawValue) has no cells")
    }
    let sizes = yoloLayer.maps.map { (rows: $0.rows, columns: $0.columns) }
    guard let decoders: [HeadDecoder<Float>] = try? yoloLayer.parameters.decoders(for: sizes)
    else { throw DetectionError("the plugin's max_stride is too large") }
    let order = yoloLayer.maps.finestFirstOrder
    return try builder.heads(
      order.map { yoloLayer.maps[$0] }, order.map { decoders[$0] }, isLogit: false)
  }
}

private struct CellsBuilder {
  let tensors: [String: Tensor]
  let image: Int
  let geometry: DecodeGeometry
  let classCount: Int
  let keepsFloat64: Bool

  private var layout: CellLayout { geometry.layout }

  /// A tensor of `count` channels of every cell at least, and where the image's begin.
  private func channels(
    _ range: ColumnRange, _ count: Int
  ) throws(DetectionError) -> TableChannels {
    guard let tensor = tensors[range.tensor] else {
      throw DetectionError("the run gave no tensor '\(shown: range.tensor)'")
    }
    let cells = layout.cellCount
    let rest = Array(tensor.shape.dropFirst())
    let width: Int? =
      switch range.order {
      case .rows:
        rest.count == 2 && rest[0] == cells
          ? rest[1]
          : rest.count == 3 && rest[0] == cells && rest[1...].contains(1)
            ? rest[1] * rest[2]
            : rest == [cells] ? 1 : rest == [cells, 1] ? 1 : nil
      case .columns: rest.count == 2 && rest[1] == cells ? rest[0] : nil
      }
    guard let width else {
      throw DetectionError(
        "'\(shown: range.tensor)' has shape \(tensor.shape), expected \(cells) cells of "
          + "\(range.first + count) numbers in \(range.order)")
    }
    guard width >= range.first + count else {
      throw DetectionError(
        "'\(shown: range.tensor)' has shape \(tensor.shape), \(width) numbers a cell, expected "
          + "\(range.first + count) at least")
    }
    guard (0..<tensor.shape[0]).contains(image) else {
      throw DetectionError(
        "'\(shown: range.tensor)' has \(tensor.shape[0]) images, image \(image) was asked for")
    }
    let isKept = keepsFloat64 && tensor.elementType == .float64
    let begin = image * cells * width
    return TableChannels(
      tensor: isKept ? tensor : try tensor.asFloat32(),
      first: begin + range.first * (range.order == .rows ? 1 : cells),
      cellStride: range.order == .rows ? width : 1,
      channelStride: range.order == .rows ? 1 : cells)
  }

  /// The cells of a table, read where they stand where that is possible.
  func table(_ table: CellTable) throws(DetectionError) -> Cells {
    var boxes = try channels(table.boxes, 4)
    if let anchors = table.anchors {
      let (anchors, firstAnchor) = try anchorTensor(anchors)
      boxes = TableChannels(
        tensor: boxes.tensor.decoded(
          from: boxes.first, by: anchors, from: firstAnchor, count: layout.cellCount, table.coding),
        first: 0, cellStride: 4, channelStride: 1)
    }
    let scores = try channels(table.scores, table.scoreCount(classCount))
    let labels = try table.labels.map { labels throws(DetectionError) in try channels(labels, 1) }
    guard table.isReadInPlace else { return decoded(table, boxes, scores, labels) }
    return cells(
      table.kind == .objectnessAndClasses ? .objectnessAndClasses : .products,
      table.coding == .corners ? .corners : .centerAndSize
    ) { grid in
      (boxes.channels(of: grid), scores.channels(of: grid, isLogit: table.activation == .logit))
    }
  }

  /// Anchors `[1, A, 4]` for all images, or `[N, A, 4]`, and where the image's begin.
  private func anchorTensor(_ name: String) throws(DetectionError) -> (Tensor, first: Int) {
    guard let tensor = tensors[name], Array(tensor.shape.dropFirst()) == [layout.cellCount, 4],
      tensor.shape[0] == 1 || image < tensor.shape[0]
    else { throw DetectionError("'\(shown: name)' does not hold an anchor for each cell") }
    return (
      try tensor.asFloat32(), tensor.shape[0] == 1 ? 0 : image * layout.cellCount * 4
    )
  }

  /// The cells of a table as rows of corners in pixels and of products, or of the best alone.
  private func decoded(
    _ table: CellTable, _ boxes: TableChannels, _ scores: TableChannels, _ labels: TableChannels?
  ) -> Cells {
    let hasObjectness = table.kind == .objectnessAndClasses
    let scoreCount = table.kind == .best ? 1 : classCount + (hasObjectness ? 1 : 0)
    let width = 4 + scoreCount
    let given = table.scoreCount(classCount)
    let (boxNumbers, scoreNumbers) = (boxes.tensor.inFloat32, scores.tensor.inFloat32)
    let rows = Tensor(Float.self, shape: [layout.cellCount, width]) { rows in
      boxNumbers.withElements(of: Float.self) { boxValues in
        scoreNumbers.withElements(of: Float.self) { scoreValues in
          for row in 0..<layout.cellCount {
            let corners = table.corners { boxValues[boxes.index(row, $0)] }
            for axis in 0..<4 { rows[row * width + axis] = corners[axis] }
            let probabilities = table.probabilities(given) { scoreValues[scores.index(row, $0)] }
            for place in 0..<scoreCount { rows[row * width + 4 + place] = probabilities[place] }
          }
        }
      }
    }
    let table = TableChannels(tensor: rows, first: 0, cellStride: width, channelStride: 1)
    var cells = cells(hasObjectness ? .objectnessAndClasses : .products, .corners) { grid in
      (table.channels(of: grid), table.advanced(by: 4).channels(of: grid))
    }
    if let labels {
      let numbers = labels.tensor.inFloat32
      cells = cells.labelled { cell in
        let row = geometry.rowOfCell?[cell] ?? cell
        return numbers.withElements(of: Float.self) { values in
          Int32(exactly: values[labels.index(row, 0)].rounded()) ?? -1
        }
      }
    }
    return cells
  }

  /// - Parameter maps: finest first, with the decoder of each.
  func heads(
    _ maps: [HeadMap], _ decoders: [HeadDecoder<Float>], isLogit: Bool
  ) throws(DetectionError) -> Cells {
    guard maps.layout == layout, decoders.count == maps.count else {
      throw DetectionError(
        "the head maps have \(maps.layout.cellCount) cells, expected the \(layout.cellCount) of "
          + "the decode")
    }
    var scales: [CellScale] = []
    for ((map, decoder), grid) in zip(zip(maps, decoders), layout.scales) {
      guard map.channels >= 5 + classCount else {
        throw DetectionError("'\(shown: map.name)' is too narrow for \(classCount) classes")
      }
      let (tensor, first) = try tensor(of: map)
      scales.append(
        CellScale(
          grid: grid, encoding: .head(decoder),
          boxes: CellScale.Channels(map, tensor, first: first, channel: 0, isLogit: isLogit),
          scores: CellScale.Channels(map, tensor, first: first, channel: 4, isLogit: isLogit)))
    }
    return Cells(
      layout: layout, classCount: classCount, scoring: .objectnessAndClasses, scales: scales)
  }

  /// A head map, and where the image's numbers begin.
  private func tensor(of map: HeadMap) throws(DetectionError) -> (tensor: Tensor, first: Int) {
    guard let tensor = tensors[map.name] else {
      throw DetectionError("the run gave no tensor '\(shown: map.name)'")
    }
    let dimensions = map.dimensions
    guard Array(tensor.shape.dropFirst()) == dimensions else {
      throw DetectionError(
        "'\(shown: map.name)' has shape \(tensor.shape), expected [N,"
          + dimensions.map(String.init).joined(separator: ",") + "]")
    }
    guard (0..<tensor.shape[0]).contains(image) else {
      throw DetectionError(
        "'\(shown: map.name)' has \(tensor.shape[0]) images, image \(image) was asked for")
    }
    let isKept = keepsFloat64 && tensor.elementType == .float64
    return (
      isKept ? tensor : try tensor.asFloat32(), image * dimensions.reduce(1, *)
    )
  }

  private func cells(
    _ scoring: Cells.Scoring, _ encoding: CellScale.BoxEncoding,
    channels: (CellLayout.Scale) -> (boxes: CellScale.Channels, scores: CellScale.Channels)
  ) -> Cells {
    Cells(
      layout: layout, classCount: classCount, scoring: scoring,
      scales: layout.scales.map { grid in
        let (boxes, scores) = channels(grid)
        return CellScale(grid: grid, encoding: encoding, boxes: boxes, scores: scores)
      }, rowOfCell: geometry.rowOfCell)
  }
}

/// Neighbouring channels of all cells in one tensor.
private struct TableChannels {
  let tensor: Tensor
  /// The index of the first channel of the first cell.
  let first: Int
  let cellStride: Int
  let channelStride: Int

  func index(_ row: Int, _ channel: Int) -> Int {
    first + row * cellStride + channel * channelStride
  }

  func advanced(by channels: Int) -> TableChannels {
    TableChannels(
      tensor: tensor, first: first + channels * channelStride, cellStride: cellStride,
      channelStride: channelStride)
  }

  func channels(of grid: CellLayout.Scale, isLogit: Bool = false) -> CellScale.Channels {
    CellScale.Channels(
      tensor: tensor, first: first + grid.firstCell * cellStride,
      anchorStride: grid.cellsPerAnchor * cellStride, cellStride: cellStride,
      channelStride: channelStride, isLogit: isLogit)
  }
}

extension CellTable {
  /// The corners, in pixels, that four numbers stand for.
  func corners(_ number: (Int) -> Float) -> SIMD4<Float> {
    var n = SIMD4(number(0), number(1), number(2), number(3))
    if isYFirst { n = SIMD4(n.y, n.x, n.w, n.z) }
    n *= SIMD4(unit.pixelsX, unit.pixelsY, unit.pixelsX, unit.pixelsY)
    guard coding == .centerAndSize else { return n }
    let box = Box(centerX: n.x, centerY: n.y, width: n.z, height: n.w)
    return SIMD4(box.x1, box.y1, box.x2, box.y2)
  }

  /// The probabilities that as many scores stand for.
  fileprivate func probabilities(_ count: Int, _ score: (Int) -> Float) -> [Float] {
    let scores = (0..<count).map(score)
    switch activation {
    case .probability: return scores
    case .logit: return scores.map { 1 / (1 + Glibc.exp(-$0)) }
    case .softmaxWithNothingLast:
      let largest = scores.max() ?? 0
      let powers = scores.map { Glibc.exp(Double($0 - largest)) }
      let sum = powers.reduce(0, +)
      return powers.map { Float($0 / sum) }
    }
  }
}

extension CellScale.Channels {
  /// Cells that are rows of `width` numbers.
  init(rowsOf tensor: Tensor, first: Int, width: Int, _ grid: CellLayout.Scale) {
    self.init(
      tensor: tensor, first: first, anchorStride: grid.cellsPerAnchor * width, cellStride: width,
      channelStride: 1)
  }

  /// Cells of a head map.
  ///
  /// - Parameter first: where the image begins.
  fileprivate init(
    _ map: HeadMap, _ tensor: Tensor, first: Int, channel: Int, isLogit: Bool
  ) {
    let cellCount = map.rows * map.columns
    switch map.axes {
    case .merged, .channelsFirst:
      self.init(
        tensor: tensor, first: first + channel * cellCount,
        anchorStride: map.channels * cellCount, cellStride: 1, channelStride: cellCount,
        isLogit: isLogit)
    case .channelsLast:
      self.init(
        tensor: tensor, first: first + channel, anchorStride: cellCount * map.channels,
        cellStride: map.channels, channelStride: 1, isLogit: isLogit)
    }
  }
}

extension HeadMap {
  /// The tensor's dimensions after the batch.
  fileprivate var dimensions: [Int] {
    switch axes {
    case .merged: [anchors * channels, rows, columns]
    case .channelsFirst: [anchors, channels, rows, columns]
    case .channelsLast: [anchors, rows, columns, channels]
    }
  }
}

extension Tensor {
  /// The boxes that `count` float32 corrections make of as many anchors, in the same coding:
  /// `[count, 4]`.
  fileprivate func decoded(
    from first: Int, by anchors: Tensor, from firstAnchor: Int, count: Int, _ coding: BoxCoding
  ) -> Tensor {
    withElements(of: Float.self) { corrections in
      anchors.withElements(of: Float.self) { anchors in
        Tensor(Float.self, shape: [count, 4]) { boxes in
          for cell in 0..<count {
            let anchor = CodedBox(anchors, at: firstAnchor + 4 * cell)
            let box = CodedBox(corrections, at: first + 4 * cell).decoded(from: anchor, coding)
            (boxes[4 * cell], boxes[4 * cell + 1]) = (box.a, box.b)
            (boxes[4 * cell + 2], boxes[4 * cell + 3]) = (box.c, box.d)
          }
        }
      }
    }
  }
}
