import BoxMath
import Detection
import ONNXGraph
import Tensors
import TestSupport
import Testing

@Suite struct SuppressionTests {
  static let detector = MadeUpDetector()
  static let tolerance = DetectionTolerance(boxPx: 0.01, score: 1e-6)

  static func suppression(_ change: (inout PluginSuppression) -> Void = { _ in }) throws
    -> PluginSuppression
  {
    var suppression = try BatchedNMSParameters(
      sharesBoxes: true, backgroundClass: -1, classCount: 4, candidateLimitPerClass: 4000,
      maximumCount: 4000, scoreThreshold: 0.1, iouThreshold: 0.5, isNormalized: true,
      clipsBoxes: false
    ).suppression
    change(&suppression)
    return suppression
  }

  /// Cells of boxes and products, the rows in another order where one is given.
  static func cells(_ maps: [Tensor], order: [Int]? = nil) throws -> Cells {
    var (boxes, scores) = detector.boxesAndScores(maps)
    var geometry = detector.geometry
    if let order {
      func reordered(_ tensor: Tensor, width: Int) -> Tensor {
        let values = tensor.elements(of: Float.self)
        return Tensor(
          order.flatMap { values[width * $0..<width * ($0 + 1)] }, shape: tensor.shape)
      }
      boxes = reordered(boxes, width: 4)
      scores = reordered(scores, width: 4)
      var rowOfCell = order
      for (row, cell) in order.enumerated() { rowOfCell[cell] = row }
      geometry = DecodeGeometry(
        layout: geometry.layout, rowOfCell: rowOfCell, scales: geometry.scales)
    }
    return try detector.boxesGraph().recognized().cells(
      in: ["bbox": boxes, "cls_score": scores], image: 0, geometry: geometry)
  }

  /// Which class of which cell is kept, by a plain loop over all pairs.
  private func loop(_ cells: Cells, _ suppression: PluginSuppression) -> [(Int, Int)] {
    var open: [(cell: Int, classIndex: Int, score: Float)] = []
    for cell in 0..<cells.layout.cellCount {
      for (classIndex, score) in cells.classScores(of: cell).enumerated()
      where suppression.admits(score) && classIndex != suppression.backgroundClass {
        open.append((cell, classIndex, score))
      }
    }
    var kept: [(Int, Int)] = []
    while let best = open.max(by: { $0.score < $1.score }) {
      kept.append((best.cell, best.classIndex))
      let box = cells.box(of: best.cell)
      open.removeAll {
        $0.cell == best.cell && $0.classIndex == best.classIndex
          || $0.classIndex == best.classIndex
            && box.intersectionOverUnion(with: cells.box(of: $0.cell))
              > suppression.suppression.iouThreshold
      }
    }
    return kept
  }

  @Test("cells are suppressed as by a plain loop", arguments: [UInt64(51), 52, 53])
  func cellsAreSuppressed(seed: UInt64) throws {
    let maps = Self.detector.maps(seed: seed)
    let cells = try Self.cells(maps)
    for background in [-1, 2] {
      let suppression = try Self.suppression { $0.backgroundClass = background }
      let found = cells.detections(suppression)
      let expected = loop(cells, suppression)
      #expect(found.map(\.classIndex) == expected.map { $0.1 })
      #expect(found.map(\.cell) == expected.map { cells.layout[$0.0] })
      #expect(found.map(\.score) == found.map(\.score).sorted(by: >))
    }
    // Objectness times class, from the maps themselves.
    let decoded = try Self.detector.headsGraph().recognized(expectedClasses: 4).cells(
      in: Dictionary(uniqueKeysWithValues: zip(["p3", "p4", "p5"], maps)), image: 0,
      geometry: Self.detector.geometry)
    let suppression = try Self.suppression()
    #expect(
      decoded.detections(suppression).map(\.cell) == cells.detections(suppression).map(\.cell))
  }

  @Test("rows in another order keep their cells")
  func order() throws {
    let maps = Self.detector.maps(seed: 54)
    var generator = SeededGenerator(seed: 54)
    let order = (0..<Self.detector.layout.cellCount).shuffled(using: &generator)
    let suppression = try Self.suppression()
    #expect(
      try Self.cells(maps, order: order).detections(suppression)
        == Self.cells(maps).detections(suppression))
  }

  // MARK: What a graph gives out

  private struct Given {
    var tail: NMSPluginTail
    var tensors: [String: Tensor]
    var cells: Cells

    func found() throws -> NMSPluginTail.GivenDetections {
      try tail.givenDetections(in: tensors, image: 0, cells: cells, tolerance: tolerance)
    }

    mutating func edit(_ output: String, _ change: (inout [Float]) -> Void) {
      var values = tensors[output]!.elements(of: Float.self)
      change(&values)
      tensors[output] = Tensor(values, shape: tensors[output]!.shape)
    }
  }

  /// Rows as EfficientNMS would give them out, and fillers behind them.
  private func given(fillers: Int = 0) throws -> Given {
    var attributes = RecognitionTests.efficient
    attributes["score_threshold"] = .float(0.005)
    attributes["max_output_boxes"] = .int(40)
    let ending = RecognitionTests.suppressed("EfficientNMS_TRT", attributes).recognized()
    guard let tail = ending.suppression else {
      throw DetectionError("the plugin is not recognised")
    }
    var parameters = tail.plugin.suppression
    parameters.suppression.maximumCount = 40 - fillers
    let cells = try Self.cells(Self.detector.maps(seed: 55))
    let rows = cells.detections(parameters)
    let rest = [Float](repeating: -32768, count: fillers)
    return Given(
      tail: tail,
      tensors: [
        "num": Tensor([Int32(40)], shape: [1, 1]),
        "boxes": Tensor(
          rows.flatMap { row in (0..<4).map { row.boxInNetworkPixels.corners[$0] } }
            + [Float](repeating: 1, count: 4 * fillers), shape: [1, 40, 4]),
        "scores": Tensor(rows.map(\.score) + rest, shape: [1, 40]),
        "classes": Tensor(
          rows.map { Int32($0.classIndex) } + rest.map { _ in 0 }, shape: [1, 40]),
      ], cells: cells)
  }

  @Test("rows in any order are the plugin's")
  func anyOrder() throws {
    var given = try given()
    #expect(try given.found().differences == [])
    let detections = try given.found().detections
    #expect(detections.count == 40 && detections.allSatisfy { $0.cell != nil })
    given.edit("scores") { $0.reverse() }
    given.edit("boxes") { values in
      values = stride(from: 156, through: 0, by: -4).flatMap { values[$0..<$0 + 4] }
    }
    let classes = given.tensors["classes"]!.elements(of: Int32.self)
    given.tensors["classes"] = Tensor(Array(classes.reversed()), shape: [1, 40])
    #expect(try given.found().differences == [])
    #expect(try given.found().detections == detections)
  }

  @Test("what is missing, changed or added is told")
  func differences() throws {
    func says(_ change: (inout Given) -> Void) throws -> String {
      var given = try given()
      change(&given)
      return try given.found().differences.joined(separator: "; ")
    }
    #expect(
      try says { $0.tensors["num"] = Tensor([Int32(38)], shape: [1, 1]) }
        == "2 of the 40 rows the plugin makes of its inputs are not given out")
    #expect(
      try says { $0.tensors["num"] = Tensor([Int32(41)], shape: [1, 1]) }
        == "'num' is 41.0, expected 0 to 40")
    #expect(
      try says { $0.edit("scores") { $0[7] += 0.125 } }.contains("1 of the 40 rows"))
    #expect(
      try says { $0.edit("boxes") { $0[9] = .nan } }.contains("another box or score"))
    #expect(
      try says {
        $0.edit("boxes") { $0[0] += 500 }
        $0.edit("scores") { $0[0] = 2 }
      }.contains("1 rows that are given out are none of the plugin's"))
    #expect(
      try says {
        var classes = $0.tensors["classes"]!.elements(of: Int32.self)
        classes[3] = (classes[3] + 1) % 4
        $0.tensors["classes"] = Tensor(classes, shape: [1, 40])
      } == "1 of the 40 rows the plugin makes of its inputs are given out with another class")
  }

  @Test("rows that only fill room on the GPU are left aside")
  func fillers() throws {
    let given = try given(fillers: 4)
    let found = try given.found()
    #expect(found.detections.count == 36)
    #expect(
      found.differences == ["4 of the 40 rows the plugin makes of its inputs are not given out"])
  }

  @Test("boxes are clipped where they are parts of the picture")
  func clipping() throws {
    let suppression = try Self.suppression { $0.clipsBoxes = true }
    let pixels = try Self.cells(Self.detector.maps(seed: 56))
    #expect(pixels.areBoxesInPixels)
    #expect(
      pixels.detections(suppression).map(\.boxInNetworkPixels)
        == pixels.detections(try Self.suppression()).map(\.boxInNetworkPixels))

    let (boxes, scores) = Self.detector.boxesAndScores(Self.detector.maps(seed: 56))
    let parts = boxes.elements(of: Float.self).enumerated().map { place, value in
      value / (place % 2 == 0 ? 96 : 64)
    }
    let cells = try Self.detector.boxesGraph().recognized().cells(
      in: ["bbox": Tensor(parts, shape: boxes.shape), "cls_score": scores], image: 0)
    #expect(!cells.areBoxesInPixels)
    let clipped = cells.detections(suppression)
    let inside = clipped.count { object in
      (0..<4).allSatisfy { (0...1).contains(object.boxInNetworkPixels.corners[$0]) }
    }
    #expect(inside > clipped.count / 2)
  }
}
