import ONNXGraph
import Tensors
import Testing
import Verification

/// What becomes of the original's outputs in the patched graph.
struct OutputTests {
  /// Faults in the outputs of bare heads, which are compared as tensors.
  static let faults: [ModelEdit] = [
    ModelEdit("an output gone") { $0.graph.outputs.removeLast() },
    ModelEdit("an output of another shape") { model in
      model.insert(
        "Slice", behind: "p5", constants: [0, 26, 1].map { Tensor([Int64($0)]) })
    },
    ModelEdit("names exchanged") { model in
      for index in model.graph.nodes.indices {
        model.graph.nodes[index].outputs = model.graph.nodes[index].outputs.map {
          ["p3": "p4", "p4": "p3"][$0] ?? $0
        }
      }
    },
    ModelEdit("an output of another type") { model in
      model.insert("Cast", behind: "p4", attributes: ["to": .int(11)])
    },
  ]

  @Test(arguments: faults) func faultsDiffer(_ fault: ModelEdit) throws {
    let report = try TinyDetector.compare(
      fault(TinyDetector.heads()), with: TinyDetector.heads())
    #expect(report.verdict == .different, "\(report.text)")
  }

  /// The export with its rows halved under their name, and right under another.
  private func decoy() -> Model {
    var model = TinyDetector.original()
    model.edit("rows") { $0.outputs = ["copy"] }
    model.graph.initializers["half"] = Tensor(scalar: Float(0.5))
    model.graph.nodes.append(
      Node(operatorType: "Mul", inputs: ["copy", "half"], outputs: ["output"]))
    model.graph.outputs.insert(ValueInfo(name: "copy"), at: 0)
    return model
  }

  @Test func theOutputOfTheOriginalsNameIsRead() throws {
    let report = try TinyDetector.compare(decoy())
    #expect(report.verdict == .different)
    #expect(report.patched.readFrom == ["output"])
    #expect(report.notCompared?.contains { $0.what.contains("'copy'") } == true)
    #expect(report.text.contains("read from 'output'"))
  }

  /// The export with masks beside its rows.
  private func masks(_ factor: Float = 1, name: String = "masks") -> Model {
    var model = TinyDetector.original()
    model.graph.initializers["factor"] = Tensor(scalar: factor)
    model.graph.nodes.append(
      Node(operatorType: "Mul", inputs: ["mix.silu", "factor"], outputs: [name]))
    model.graph.outputs.append(ValueInfo(name: name))
    return model
  }

  @Test func whatBothGiveOutIsCompared() throws {
    #expect(try TinyDetector.compare(masks(), with: masks()).verdict == .equivalent)
    let other = try TinyDetector.compare(masks(1.5), with: masks())
    #expect(other.verdict == .different)
    #expect(other.reasons.contains { $0.contains("'masks'") })
    let nan = try TinyDetector.compare(masks(.nan), with: masks(.nan))
    #expect(nan.verdict == .different)
    let gone = try TinyDetector.compare(TinyDetector.original(), with: masks())
    #expect(gone.verdict == .different)
    #expect(gone.reasons.contains { $0.contains("does not give out 'masks'") })
  }

  @Test func whatAPluginHasNoRoomForIsSaid() throws {
    let report = try TinyDetector.compare(TinyDetector.plugin(), with: masks())
    #expect(report.verdict == .equivalent, "\(report.text)")
    #expect(report.notCompared?.contains { $0.what.contains("'masks'") } == true)
  }
}
