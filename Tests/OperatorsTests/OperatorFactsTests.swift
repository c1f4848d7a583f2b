import Foundation
import ONNXGraph
import Operators
import Tensors
import TestSupport
import Testing

/// What operators say of themselves. That symbolic results are those of a run, every test that runs
/// a node checks (``run(_:opset:inputs:attributes:outputs:constantInputs:threads:)``).
@Suite("Operator facts")
struct OperatorFactsTests {
  /// An operator with its name for a failing row.
  struct Row: Sendable, CustomTestStringConvertible {
    let definition: any Operator.Type
    var testDescription: String { definition.type }

    static let all = OperatorTable.all.map { Row(definition: $0) }
    static let commuting = all.filter { $0.definition.commutes }
  }

  @Test func everyOperatorStandsOnceInTheTable() {
    let names = OperatorTable.all.map { $0.type }
    #expect(names.count > 70)
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: Row.all) func factsAgreeWithOneAnother(_ row: Row) {
    let definition = row.definition
    #expect(!definition.mixesChannels || definition.accumulates)
    // Whose graphs may hold anything.
    let isControlFlow = ["If", "Loop", "Scan"].contains(definition.type)
    #expect(
      !definition.accumulates || definition is any ArithmeticOperator.Type || isControlFlow)
    #expect(!definition.rearranges || !(definition.accumulates || definition.readsShapesOnly))
    let opsets = definition.revisions.map(\.opset)
    #expect(opsets == opsets.sorted() && Set(opsets).count == opsets.count)
    #expect(opsets.allSatisfy { $0 > definition.opsets.lowerBound && $0 <= newestOpset })
  }

  /// Two inputs, neither more nor fewer, and the same bits when they change places.
  @Test(arguments: Row.commuting) func inputsMayChangePlaces(_ row: Row) throws {
    let type = row.definition.type
    var generator = SeededGenerator(seed: 11)
    let numbers = (0..<2).map { _ in
      Tensor((0..<96).map { _ in Float.random(in: -9...9, using: &generator) }, shape: [4, 24])
    }
    let truths = (0..<2).map { _ in
      Tensor((0..<96).map { _ in Bool.random(using: &generator) }, shape: [4, 24])
    }
    let pair = refusal(type, opset: 13, numbers[0], numbers[1]) == nil ? numbers : truths
    let there = try result(type, opset: 13, pair[0], pair[1])
    let back = try result(type, opset: 13, pair[1], pair[0])
    #expect(there == back)
    #expect(refusal(type, opset: 13, pair[0]) != nil)
    #expect(refusal(type, opset: 13, pair[0], pair[1], pair[0]) != nil)
  }

  @Test(arguments: Row.all) func aVersionThatChangedTheFormIsARevision(_ row: Row) {
    let stated = Set(row.definition.revisions.map(\.opset))
    let changed = (Self.changedForm[row.definition.type] ?? []).filter {
      $0 > row.definition.opsets.lowerBound && row.definition.opsets.contains($0)
    }
    // A Constant is told apart by the tensor it holds.
    if row.definition.type != "Constant" {
      #expect(stated.isSuperset(of: changed), "ONNX changed it in \(changed)")
    }
  }

  /// The tests name the operator: in a case of its own, or in the graph it is part of.
  @Test(arguments: Row.all) func aTestNamesIt(_ row: Row) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    let texts = try files.filter { $0.pathExtension == "swift" }.map {
      try String(contentsOf: $0, encoding: .utf8)
    }
    let name = row.definition.type
    #expect(texts.contains { $0.contains("\"\(name)\"") || $0.contains("\(row.definition).type") })
  }

  /// Node, and two opsets between which it keeps its meaning, or does not.
  @Test(
    arguments: [
      ("Split", ["x", "lengths"], [:], 13, 18, true),
      ("Split", ["x"], [:], 17, 18, false),
      ("Split", ["x"], [:], 12, 13, false),
      ("Resize", ["x", "", "scales"], ["mode": .string("nearest")], 11, 19, true),
      ("Resize", ["x", "", "scales"], ["antialias": .int(0)], 17, 18, false),
      (
        "Resize", ["x", "", "scales"],
        ["coordinate_transformation_mode": .string("half_pixel_symmetric")], 18, 19, false
      ),
      ("Resize", ["x", "scales"], [:], 10, 11, false),
      ("Reshape", ["x", "shape"], [:], 13, 14, true),
      ("Reshape", ["x", "shape"], ["allowzero": .int(0)], 13, 14, false),
      ("Pad", ["x", "pads"], [:], 13, 22, true),
      ("Pad", ["x", "pads", "", "axes"], [:], 13, 18, false),
      ("MaxPool", ["x"], ["kernel_shape": .ints([5, 5])], 8, 22, true),
      ("MaxPool", ["x"], ["ceil_mode": .int(1)], 9, 10, false),
      ("Softmax", ["x"], ["axis": .int(1)], 12, 13, false),
      ("Gemm", ["x", "y"], [:], 9, 11, false),
      ("Upsample", ["x", "scales"], [:], 9, 10, false),
      ("Conv", ["x", "w"], [:], 11, 22, true),
      ("Unheard", ["x"], [:], 11, 12, false),
    ] as [(String, [String], [String: Attribute], Int, Int, Bool)])
  func keepsItsMeaning(
    _ type: String, _ inputs: [String], _ attributes: [String: Attribute], _ first: Int,
    _ second: Int, _ isSame: Bool
  ) {
    let node = Node(operatorType: type, inputs: inputs, outputs: ["y"], attributes: attributes)
    var numbering = ValueNumbering()
    let numbers = inputs.indices.map { inputs[$0].isEmpty ? nil : numbering.number(ofInput: $0) }
    let earlier = numbering.numbers(of: node, opset: first, inputs: numbers).outputs
    let later = numbering.numbers(of: node, opset: second, inputs: numbers).outputs
    #expect((earlier == later) == isSame)
  }

  /// Versions from 8 on in which ONNX changed how many inputs, outputs or attributes an operator
  /// has, or the default of an attribute: the operator schemas of ONNX up to opset 28.
  private static let changedForm: [String: [Int]] = [
    "ArgMax": [12], "ArgMin": [12], "Attention": [24, 25], "AveragePool": [10, 19],
    "BatchNormalization": [9, 14], "Cast": [19, 24], "CastLike": [19, 24], "Clip": [11],
    "Constant": [11, 12], "DFT": [20], "DepthToSpace": [11],
    "DequantizeLinear": [13, 21, 23], "Dropout": [12], "GRU": [14], "GatherND": [12],
    "Gemm": [11], "GridSample": [20], "GroupNormalization": [21], "Hardmax": [13], "LSTM": [14],
    "LogSoftmax": [13], "LpPool": [18], "MaxPool": [8, 10], "OptionalHasElement": [18],
    "Pad": [11, 18], "QuantizeLinear": [13, 19, 21, 23], "RNN": [14], "Range": [27],
    "ReduceL1": [18], "ReduceL2": [18], "ReduceLogSum": [18], "ReduceLogSumExp": [18],
    "ReduceMax": [18], "ReduceMean": [18], "ReduceMin": [18], "ReduceProd": [18],
    "ReduceSum": [13], "ReduceSumSquare": [18], "Reshape": [14], "Resize": [11, 13, 18],
    "RoiAlign": [16], "Scan": [9], "ScatterElements": [16], "ScatterND": [16], "Shape": [15],
    "Slice": [10], "Softmax": [13], "SpaceToDepth": [28], "Split": [13, 18], "Squeeze": [13],
    "TopK": [10, 11], "Unsqueeze": [13], "Upsample": [9],
  ]
}
