import ONNXGraph
import Tensors
import Testing
import Verification

/// Graphs that end in ONNX's own suppression: how many rows they give out only the run tells.
@Suite struct NonMaxSuppressionTailTests {
  /// Ends in `selected` `[M,3]`, or in the boxes that are selected, `[M,4]`.
  static func graph(iouThreshold: Float = 0.45, gathersBoxes: Bool = false) -> Model {
    var model = TinyDetector.boxesAndScores()
    model.add("Transpose", ["cls_score"], "scores of classes", ["perm": .ints([0, 2, 1])])
    model.graph.initializers["most"] = Tensor(scalar: Int64(100))
    model.graph.initializers["overlap"] = Tensor([iouThreshold])
    model.graph.initializers["least"] = Tensor([Float(0.2)])
    model.add(
      "NonMaxSuppression", ["corners", "scores of classes", "most", "overlap", "least"], "selected")
    var output = "selected"
    if gathersBoxes {
      for (name, value) in [("third", 2), ("after", 3), ("axis", 1)] {
        model.graph.initializers[name] = Tensor([Int64(value)])
      }
      model.add("Slice", ["selected", "third", "after", "axis"], "column")
      model.add("Squeeze", ["column"], "places", ["axes": .ints([1])])
      model.add("Squeeze", ["corners"], "all boxes", ["axes": .ints([0])])
      model.add("Gather", ["all boxes", "places"], "selected boxes", ["axis": .int(0)])
      output = "selected boxes"
    }
    model.graph.outputs = [ValueInfo(name: output, elementType: nil, dimensions: nil)]
    return model
  }

  @Test(arguments: [false, true])
  func theSameSelection(gathersBoxes: Bool) throws {
    let graph = Self.graph(gathersBoxes: gathersBoxes)
    let report = try TinyDetector.compare(graph, with: graph)
    #expect(report.verdict == .equivalent && report.original.form == "tensors", "\(report.text)")
    #expect(report.images.first?.tensors?.count == 1)
  }

  @Test(arguments: [false, true])
  func anotherNumberOfRows(gathersBoxes: Bool) throws {
    let report = try TinyDetector.compare(
      Self.graph(iouThreshold: 0, gathersBoxes: gathersBoxes),
      with: Self.graph(iouThreshold: 1, gathersBoxes: gathersBoxes))
    #expect(report.verdict == .different, "\(report.text)")
    #expect(report.reasons.contains { $0.contains("in the original and [") }, "\(report.reasons)")
  }

  @Test func anotherSelectionOfOneSize() throws {
    var other = Self.graph()
    other.insert("Mul", behind: "selected", constants: [Tensor(scalar: Int64(2))])
    #expect(try TinyDetector.compare(other, with: Self.graph()).verdict == .different)
  }

  @Test func rowsThatHaveNoCounterpart() throws {
    #expect(try TinyDetector.compare(Self.graph()).verdict == .undecided)
  }
}
