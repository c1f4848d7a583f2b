import BoxMath
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
    guard let geometry = other ?? geometry, let classCount else {
      throw DetectionError("a graph that ends in \(form.rawValue) has no cells")
    }
    let builder = CellsBuilder(
      tensors: tensors, image: image, geometry: geometry, classCount: classCount,
      keepsFloat64: keepingFloat64)
    switch tail {
    case .decodedRows(let output, _): return try builder.decodedRows(output)
    case .classMajor(let output): return try builder.classMajor(output)
    case .boxesAndScores(let tensors): return try builder.boxesAndScores(tensors)
    case .suppressed(let tail): return try builder.boxesAndScores(tail.inputs)
    case .heads(let maps, let throughSigmoid):
      guard let decoders = geometry.decoders else {
        throw DetectionError("the strides and anchors of the head maps are not known")
      }
      return try builder.heads(maps, decoders, isLogit: !throughSigmoid)
    case .yoloLayer(let tail):
      let sizes = tail.maps.map { (rows: $0.rows, columns: $0.columns) }
      guard let decoders: [HeadDecoder<Float>] = try? tail.parameters.decoders(for: sizes) else {
        throw DetectionError("the plugin's max_stride is too large")
      }
      let order = tail.maps.finestFirstOrder
      return try builder.heads(
        order.map { tail.maps[$0] }, order.map { decoders[$0] }, isLogit: false)
    case .named: throw DetectionError("a graph that ends in \(form.rawValue) has no cells")
    }
  }
}

private struct CellsBuilder {
  let tensors: [String: Tensor]
  let image: Int
  let geometry: DecodeGeometry
  let classCount: Int
  let keepsFloat64: Bool

  private var layout: CellLayout { geometry.layout }

  /// A float32 tensor whose shape, after the batch, is one of `shapes`.
  private func tensor(
    _ name: String, _ shapes: [[Int]]
  ) throws(DetectionError) -> (tensor: Tensor, first: Int) {
    guard let tensor = tensors[name] else {
      throw DetectionError("the run gave no tensor '\(name)'")
    }
    let rest = Array(tensor.shape.dropFirst())
    guard shapes.contains(rest) else {
      throw DetectionError(
        "'\(name)' has shape \(tensor.shape), expected [N,"
          + shapes[0].map(String.init).joined(separator: ",") + "]")
    }
    guard (0..<tensor.shape[0]).contains(image) else {
      throw DetectionError("'\(name)' has \(tensor.shape[0]) images, image \(image) was asked for")
    }
    let isKept = keepsFloat64 && tensor.elementType == .float64
    return (isKept ? tensor : try tensor.asFloat32(), image * rest.reduce(1, *))
  }

  func decodedRows(_ name: String) throws(DetectionError) -> Cells {
    guard let width = tensors[name]?.shape.last, width >= 5 + classCount else {
      throw DetectionError("'\(name)' is too narrow for \(classCount) classes")
    }
    let (tensor, first) = try tensor(name, [[layout.cellCount, width]])
    return cells(.objectnessAndClasses, .centerAndSize) { grid in
      let row = first + grid.firstCell * width
      return (
        CellScale.Channels(rowsOf: tensor, first: row, width: width, grid),
        CellScale.Channels(rowsOf: tensor, first: row + 4, width: width, grid)
      )
    }
  }

  func boxesAndScores(_ names: BoxesAndScores) throws(DetectionError) -> Cells {
    let count = layout.cellCount
    var (boxes, firstBox) = try tensor(names.boxes, [[count, 1, 4], [count, 4]])
    if let anchors = names.anchors {
      let (anchors, firstAnchor) = try anchorTensor(anchors)
      boxes = boxes.decoded(
        from: firstBox, by: anchors, from: firstAnchor, count: count, names.coding)
      firstBox = 0
    }
    let (scores, firstScore) = try tensor(
      names.scores, [[count, classCount], [count, classCount, 1]])
    return cells(.products, names.coding == .corners ? .corners : .centerAndSize) { grid in
      var scoreChannels = CellScale.Channels(
        rowsOf: scores, first: firstScore + grid.firstCell * classCount, width: classCount, grid)
      scoreChannels.isLogit = names.scoresAreLogits
      return (
        CellScale.Channels(rowsOf: boxes, first: firstBox + grid.firstCell * 4, width: 4, grid),
        scoreChannels
      )
    }
  }

  /// Anchors `[1, A, 4]` for all images, or `[N, A, 4]`, and where the image's begin.
  private func anchorTensor(_ name: String) throws(DetectionError) -> (Tensor, first: Int) {
    guard let tensor = tensors[name], Array(tensor.shape.dropFirst()) == [layout.cellCount, 4],
      tensor.shape[0] == 1 || image < tensor.shape[0]
    else { throw DetectionError("'\(name)' does not hold an anchor for each cell") }
    return (
      try tensor.asFloat32(), tensor.shape[0] == 1 ? 0 : image * layout.cellCount * 4
    )
  }

  func classMajor(_ name: String) throws(DetectionError) -> Cells {
    let count = layout.cellCount
    guard let shape = tensors[name]?.shape, shape.rank == 3, shape[1] >= 4 + classCount else {
      throw DetectionError("'\(name)' is too narrow for \(classCount) classes")
    }
    let (tensor, first) = try tensor(name, [[shape[1], count]])
    return cells(.products, .centerAndSize) { grid in
      func channels(from channel: Int) -> CellScale.Channels {
        CellScale.Channels(
          tensor: tensor, first: first + channel * count + grid.firstCell,
          anchorStride: grid.cellsPerAnchor, cellStride: 1, channelStride: count)
      }
      return (channels(from: 0), channels(from: 4))
    }
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
        throw DetectionError("'\(map.name)' is too narrow for \(classCount) classes")
      }
      let (tensor, first) = try tensor(map.name, [map.dimensions])
      scales.append(
        CellScale(
          grid: grid, encoding: .head(decoder),
          boxes: CellScale.Channels(map, tensor, first: first, channel: 0, isLogit: isLogit),
          scores: CellScale.Channels(map, tensor, first: first, channel: 4, isLogit: isLogit)))
    }
    return Cells(
      layout: layout, classCount: classCount, scoring: .objectnessAndClasses, scales: scales)
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
