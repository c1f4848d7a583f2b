import Foundation
import ONNXFormat
import ONNXGraph
import Tensors
import TestSupport
import Testing

/// Functions and branches become nodes of the graph when a model is loaded.
struct InliningTests {
  private func function(
    _ name: String, _ inputs: [String], _ outputs: [String], _ nodes: [Onnx_NodeProto]
  ) -> Onnx_FunctionProto {
    .with {
      $0.domain = "pkg"
      $0.name = name
      $0.input = inputs
      $0.output = outputs
      $0.node = nodes
      $0.opsetImport = [.init("", 13)]
    }
  }

  private func call(
    _ name: String, _ inputs: [String], _ outputs: [String],
    _ attributes: [Onnx_AttributeProto] = []
  ) -> Onnx_NodeProto {
    var node = Onnx_NodeProto(name, inputs, outputs, attributes)
    node.domain = "pkg"
    return node
  }

  @Test func aCallBecomesTheFunctionsNodes() throws {
    var proto = Onnx_ModelProto([call("Act", ["x"], ["m"]), call("Act", ["m"], ["y"])])
    // The second name is one that the copies would have.
    proto.graph.node.append(.init("Abs", ["x"], ["m/s"]))
    proto.functions = [
      function(
        "Act", ["x"], ["y"], [.init("Sigmoid", ["x"], ["s"]), .init("Mul", ["x", "s"], ["y"])])
    ]
    let graph = try proto.loaded().graph
    #expect(graph.nodes.map(\.operatorType) == ["Sigmoid", "Mul", "Sigmoid", "Mul", "Abs"])
    #expect(graph.nodes[0].inputs == ["x"] && graph.nodes[0].outputs == ["m/s_2"])
    #expect(graph.nodes[1].inputs == ["x", "m/s_2"] && graph.nodes[1].outputs == ["m"])
    #expect(graph.nodes[3].inputs == ["m", "y/s"] && graph.nodes[3].outputs == ["y"])
  }

  @Test func callsWithinCallsAttributesAndWhatIsLeftOut() throws {
    var proto = Onnx_ModelProto([
      call("Outer", ["x"], ["y"], [.init("slope", .float) { $0.f = 0.25 }])
    ])
    let leaky = Onnx_NodeProto(
      "LeakyRelu", ["a"], ["b"],
      [
        .init("alpha", .float) { $0.refAttrName = "slope" },
        .init("gone", .int) { $0.refAttrName = "absent" },
      ])
    var inner = function("Inner", ["a", "optional"], ["b", "other"], [leaky])
    inner.node.append(.init("Abs", ["a"], ["other"]))
    inner.attribute = ["slope", "absent"]
    var outer = function(
      "Outer", ["v"], ["w"],
      [call("Inner", ["v"], ["w"], [.init("slope", .float) { $0.refAttrName = "slope" }])])
    outer.attribute = ["slope"]
    outer.opsetImport = [.init("", 16)]
    proto.functions = [outer, inner]
    let nodes = try proto.loaded().graph.nodes
    #expect(nodes.map(\.operatorType) == ["LeakyRelu", "Abs"])
    #expect(nodes[0].attributes == ["alpha": .float(0.25)])
    #expect(nodes[0].inputs == ["x"] && nodes[0].outputs == ["y"])
    #expect(nodes.map(\.opset) == [nil, nil])
  }

  @Test func aFunctionOfAnotherOperatorSetKeepsIt() throws {
    var proto = Onnx_ModelProto([call("F", ["x"], ["y"])])
    var body = function("F", ["x"], ["y"], [.init("Relu", ["x"], ["y"])])
    body.opsetImport = [.init("", 16)]
    proto.functions = [body]
    #expect(try proto.loaded().graph.nodes.map(\.opset) == [16])
  }

  @Test func aFunctionTakesPrecedenceOverAnOperator() throws {
    var proto = Onnx_ModelProto.relu()
    proto.functions = [
      .with {
        $0.name = "Relu"
        $0.input = ["a"]
        $0.output = ["b"]
        $0.node = [.init("Neg", ["a"], ["b"])]
      }
    ]
    #expect(try proto.loaded().graph.nodes.map(\.operatorType) == ["Neg"])
  }

  /// `y = If(condition) { t = Neg(x); a = Add(t, c) } else { x }`, the condition given as a tensor
  /// or by a Constant.
  private func conditional(_ isTrue: Bool, byNode: Bool) -> Onnx_ModelProto {
    let value = Onnx_TensorProto(.bool, [], name: "condition") { $0.int32Data = [isTrue ? 1 : 0] }
    var proto = Onnx_ModelProto([
      .init(
        "If", ["condition"], ["y"],
        [
          .init("then_branch", .graph) {
            $0.g.node = [.init("Neg", ["x"], ["t"]), .init("Add", ["t", "c"], ["a"])]
            $0.g.initializer = [.init(.float, [1], name: "c") { $0.floatData = [3] }]
            $0.g.output = [.init("a", [2])]
          },
          .init("else_branch", .graph) { $0.g.output = [.init("x", [2])] },
        ])
    ])
    if byNode {
      proto.graph.node.insert(
        .init("Constant", [], ["condition"], [.init("value", .tensor) { $0.t = value }]), at: 0)
    } else {
      proto.graph.initializer = [value]
    }
    return proto
  }

  @Test(arguments: [false, true]) func aConstantConditionTakesTheBranch(byNode: Bool) throws {
    let taken = try conditional(true, byNode: byNode).loaded().graph
    let nodes = taken.nodes.filter { $0.operatorType != "Constant" }
    #expect(nodes.map(\.operatorType) == ["Neg", "Add"])
    #expect(nodes[0].inputs == ["x"] && nodes[1].inputs == ["y/t", "y/c"])
    #expect(nodes[1].outputs == ["y"])
    #expect(taken.initializers["y/c"] == Tensor([3] as [Float]))

    let passed = try conditional(false, byNode: byNode).loaded().graph
    #expect(passed.nodes.last?.operatorType == "Identity" && passed.nodes.last?.inputs == ["x"])
  }

  @Test func anIfWithinABranchIsTakenToo() throws {
    var proto = conditional(true, byNode: false)
    let inner = proto.graph.node[0]
    proto.graph.node[0].attribute[0].g.node = [
      .with {
        $0 = inner
        $0.output = ["z"]
      }
    ]
    proto.graph.node[0].attribute[0].g.output = [.init("z", [2])]
    #expect(try proto.loaded().graph.nodes.map(\.operatorType) == ["Neg", "Add"])
  }

  @Test func anUnknownConditionKeepsTheNode() throws {
    var proto = conditional(true, byNode: false)
    proto.graph.initializer = []
    proto.graph.input.append(.init("condition", []))
    let node = try #require(try proto.loaded().graph.nodes.first)
    #expect(node.operatorType == "If" && node.inputs == ["condition", "x"])
    #expect(node.subgraphs?.captured == ["x"])
    #expect(node.subgraphs?.graphs["then_branch"]?.nodes.map(\.operatorType) == ["Neg", "Add"])
  }

  /// The graph around gives the tensor another name; the file's branches then read it by that.
  @Test func whatABranchReadsIsRenamedWhenItIsWritten() throws {
    var proto = conditional(true, byNode: false)
    proto.graph.initializer = []
    proto.graph.input.append(.init("condition", []))
    let folder = try TemporaryFolder()
    let path = folder.path + "/copy.onnx"
    var model = try proto.loaded()
    try model.write(toFile: path)
    #expect(
      try Onnx_ModelProto(serializedBytes: Data(contentsOf: URL(fileURLWithPath: path))) == proto)

    model.graph.inputs[0].name = "z"
    model.graph.nodes[0].inputs[1] = "z"
    try model.write(toFile: path)
    let written = try Onnx_ModelProto(
      serializedBytes: Data(contentsOf: URL(fileURLWithPath: path))
    ).graph.node[0]
    #expect(written.input == ["condition"])
    #expect(written.attribute[0].g.node[0].input == ["z"])
    #expect(written.attribute[1].g.output[0].name == "z")
    let again = try Model(contentsOfFile: path).graph.nodes[0]
    #expect(again.inputs == ["condition", "z"])
  }

  /// IR version, and whether the initializer `x` is the default of the only input.
  @Test(arguments: [(3, false), (4, true), (8, true)])
  func aGraphsOnlyInputMayHaveADefault(_ version: Int64, _ isInput: Bool) throws {
    var proto = Onnx_ModelProto.relu()
    proto.irVersion = version
    proto.graph.initializer = [.init(.float, [2], name: "x") { $0.floatData = [1, 2] }]
    let graph = try proto.loaded().graph
    #expect(graph.inputs.map(\.name) == (isInput ? ["x"] : []))
    #expect((graph.initializers["x"] == nil) == isInput)
  }

  @Test func whereThereIsAnInputInitializersAreConstants() throws {
    var proto = Onnx_ModelProto([.init("Add", ["x", "w"], ["y"])])
    proto.graph.input.append(.init("w", [2]))
    proto.graph.initializer = [.init(.float, [2], name: "w") { $0.floatData = [1, 2] }]
    let graph = try proto.loaded().graph
    #expect(graph.inputs.map(\.name) == ["x"] && graph.initializers["w"] != nil)
  }
}
