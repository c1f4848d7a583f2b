import BoxMath
import Detection
import Tensors
import TestSupport
import Testing

@Suite struct CellsTests {
  /// One of the forms in which the same cells can stand.
  struct Source: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Whether objectness stands apart from the classes.
    var hasObjectness = true
    var cells: @Sendable (MadeUpDetector, [Tensor], _ image: Int) throws -> Cells
  }

  static let sources = [
    Source(testDescription: "decoded rows") { detector, maps, image in
      try detector.decodedGraph().recognized().cells(
        in: ["output": detector.decodedRows(maps)], image: image)
    },
    Source(testDescription: "decoded rows in another order") { detector, maps, image in
      var generator = SeededGenerator(seed: 8)
      let order = Array(0..<detector.layout.cellCount).shuffled(using: &generator)
      var rowOfCell = order
      for (row, cell) in order.enumerated() { rowOfCell[cell] = row }
      return try detector.decodedGraph().recognized().cells(
        in: ["output": detector.decodedRows(maps, order: order)], image: image,
        geometry: DecodeGeometry(layout: detector.layout, rowOfCell: rowOfCell))
    },
    Source(testDescription: "decoded rows in float64") { detector, maps, image in
      let rows = detector.decodedRows(maps)
      return try detector.decodedGraph().recognized().cells(
        in: ["output": Tensor(rows.elements(of: Float.self).map(Double.init), shape: rows.shape)],
        image: image)
    },
    Source(testDescription: "sigmoid maps") { detector, maps, image in
      try detector.headsGraph().recognized().cells(
        in: ["p3": maps[0], "p4": maps[1], "p5": maps[2]], image: image,
        geometry: detector.geometry)
    },
    Source(testDescription: "logit maps") { detector, maps, image in
      var graph = detector.headsGraph()
      graph.outputs = ["logits0", "logits1", "logits2"]
      let logits = maps.map { map in
        Tensor(map.elements(of: Float.self).map { Float.log($0 / (1 - $0)) }, shape: map.shape)
      }
      return try graph.recognized().cells(
        in: ["logits0": logits[0], "logits1": logits[1], "logits2": logits[2]], image: image,
        geometry: detector.geometry)
    },
    Source(testDescription: "sigmoid maps with channels last") { detector, maps, image in
      var graph = detector.decodedGraph()
      graph.outputs = ["sigmoid0", "sigmoid1", "sigmoid2"]
      var tensors: [String: Tensor] = [:]
      for scale in 0..<3 { tensors["sigmoid\(scale)"] = detector.channelsLast(maps, scale) }
      return try graph.recognized().cells(in: tensors, image: image, geometry: detector.geometry)
    },
    Source(testDescription: "sigmoid maps of five dimensions") { detector, maps, image in
      var graph = detector.decodedGraph()
      graph.outputs = ["reshaped0", "reshaped1", "reshaped2"]
      for scale in 0..<3 {
        graph.nodes[graph.nodes.firstIndex { $0.outputs == ["reshaped\(scale)"] }!].operatorType =
          "Sigmoid"
      }
      var tensors: [String: Tensor] = [:]
      for scale in 0..<3 {
        let shape = graph.descriptions["reshaped\(scale)"]!.shape
        tensors["reshaped\(scale)"] = maps[scale].reshaped(to: shape)
      }
      return try graph.recognized().cells(in: tensors, image: image, geometry: detector.geometry)
    },
    Source(testDescription: "the plugin's maps") { detector, maps, image in
      try detector.pluginGraph().recognized().cells(
        in: ["p3": maps[0], "p4": maps[1], "p5": maps[2]], image: image)
    },
    Source(testDescription: "corners and products", hasObjectness: false) { detector, maps, image in
      let (boxes, scores) = detector.boxesAndScores(maps)
      return try detector.boxesGraph().recognized().cells(
        in: ["bbox": boxes, "cls_score": scores], image: image)
    },
  ]

  static let detectors: [(String, MadeUpDetector)] = {
    var one = MadeUpDetector()
    one.classCount = 1
    var many = MadeUpDetector()
    many.classCount = 37
    many.batch = 2
    var wide = MadeUpDetector()
    wide.sizes = [(4, 68), (2, 34), (1, 17)]
    return [("one class", one), ("two images, 37 classes", many), ("wide", wide)]
  }()

  @Test("cells are what plain loops make of the maps", arguments: sources, detectors)
  func values(_ source: Source, _ named: (name: String, detector: MadeUpDetector)) throws {
    let detector = named.detector
    let maps = detector.maps(seed: 11)
    for image in 0..<detector.batch {
      let cells = try source.cells(detector, maps, image)
      #expect(cells.layout == detector.layout && cells.classCount == detector.classCount)
      let expected = detector.decoded(maps, image: image)
      for number in 0..<cells.layout.cellCount {
        let (box, cell) = (cells.box(of: number), expected[number])
        let corners = [
          cell[0] - cell[2] / 2, cell[1] - cell[3] / 2, cell[0] + cell[2] / 2,
          cell[1] + cell[3] / 2,
        ]
        // One float32 rounding of numbers below 2048, twice.
        for axis in 0..<4 { #expect(abs(Double(box.corners[axis]) - corners[axis]) < 2.5e-4) }
        let factor = source.hasObjectness ? 1 : cell[4]
        let scores = cells.classScores(of: number)
        for index in scores.indices {
          #expect(abs(Double(scores[index]) - cell[5 + index] * factor) < 3e-7)
        }
        let objectness = source.hasObjectness ? cell[4] : cell[5...].max()! * factor
        #expect(abs(Double(cells.objectness(of: number)) - objectness) < 3e-7)
      }
    }
  }

  @Test("any two forms of the same cells agree", arguments: sources, sources)
  func agreement(_ a: Source, _ b: Source) throws {
    let detector = MadeUpDetector()
    let maps = detector.maps(seed: 12)
    let (left, right) = try (a.cells(detector, maps, 0), b.cells(detector, maps, 0))
    #expect(left.incomparability(with: right) == nil)
    let comparison = left.compare(
      with: right, tolerance: DetectionTolerance(boxPx: 1e-3, score: 1e-6))
    #expect(comparison.agrees, "\(comparison)")
    #expect(comparison.compared == detector.layout.cellCount)
    #expect(comparison.maxBoxErrorPx < 2e-4 && comparison.maxScoreError < 3e-7)
  }

  @Test("class-major columns")
  func classMajor() throws {
    var graph = MadeUpGraph(input: [1, 3, 64, 64])
    graph.add("Concat", ["images"], "output0", [1, 7, 84])
    graph.outputs = ["output0"]
    var generator = SeededGenerator(seed: 13)
    let values = (0..<7 * 84).map { _ in Float.random(in: 0...1, using: &generator) }
    let cells = try graph.recognized().cells(
      in: ["output0": Tensor(values, shape: [1, 7, 84])], image: 0)
    #expect(cells.layout == CellLayout([(1, 8, 8), (1, 4, 4), (1, 2, 2)]))
    for number in 0..<84 {
      let column = (0..<7).map { values[$0 * 84 + number] }
      let half = SIMD2(column[2], column[3]) / 2
      #expect(abs(cells.box(of: number).x1 - (column[0] - half.x)) < 1e-6)
      #expect(abs(cells.box(of: number).y2 - (column[1] + half.y)) < 1e-6)
      #expect(cells.classScores(of: number) == Array(column[4...]))
      #expect(cells.objectness(of: number) == column[4...].max())
    }
  }

  @Test("a cell's number and place are each other's inverse")
  func layout() {
    let layout = CellLayout([(3, 4, 6), (2, 2, 3), (1, 1, 2)])
    #expect(layout.cellCount == 72 + 12 + 2)
    for number in 0..<layout.cellCount { #expect(layout.number(of: layout[number]) == number) }
    #expect(layout[0] == Cell(scale: 0, anchor: 0, row: 0, column: 0))
    #expect(layout[72 + 6 + 3 + 2] == Cell(scale: 1, anchor: 1, row: 1, column: 2))
    #expect(layout[85] == Cell(scale: 2, anchor: 0, row: 0, column: 1))
    for outside in [
      Cell(scale: 3, anchor: 0, row: 0, column: 0), Cell(scale: 0, anchor: 3, row: 0, column: 0),
      Cell(scale: 1, anchor: 0, row: 2, column: 0), Cell(scale: 0, anchor: 0, row: 0, column: -1),
    ] {
      #expect(layout.number(of: outside) == nil)
    }
  }

  @Test("tensors that do not fit are refused by name")
  func refusals() throws {
    let detector = MadeUpDetector()
    let maps = detector.maps(seed: 14)
    let ending = detector.decodedGraph().recognized()
    let rows = detector.decodedRows(maps)
    func message(_ tensors: [String: Tensor], image: Int = 0) throws -> String {
      let error = #expect(throws: DetectionError.self) {
        try ending.cells(in: tensors, image: image)
      }
      return try #require(error).description
    }
    #expect(try message([:]).contains("'output'"))
    #expect(try message(["output": rows], image: 1).contains("image 1"))
    #expect(try message(["output": rows.reshaped(to: [9, 378])]).contains("[9,378]"))
    #expect(
      try message(["output": Tensor([Int8](repeating: 0, count: 378 * 9), shape: rows.shape)])
        .contains("int8"))
    #expect(throws: DetectionError.self) {
      try detector.headsGraph().recognized().cells(
        in: ["p3": maps[0], "p4": maps[1], "p5": maps[2]], image: 0)
    }
  }
}

extension MadeUpDetector {
  /// A map as `[N, a, H, W, c]`.
  func channelsLast(_ maps: [Tensor], _ scale: Int) -> Tensor {
    let (rows, columns) = sizes[scale]
    let values = maps[scale].elements(of: Float.self)
    var moved: [Float] = []
    for image in 0..<batch {
      for anchor in anchors[scale].indices {
        for row in 0..<rows {
          for column in 0..<columns {
            let cell = Cell(scale: scale, anchor: anchor, row: row, column: column)
            for channel in 0..<channels {
              moved.append(values[index(image: image, cell, channel: channel)])
            }
          }
        }
      }
    }
    return Tensor(moved, shape: [batch, anchors[scale].count, rows, columns, channels])
  }
}
