import Foundation
import ONNXFormat
import ONNXGraph
import Tensors
import TestSupport
import Testing

struct LoadingTests {
  @Test func readsEverythingAModelSays() throws {
    var proto = Onnx_ModelProto([
      .init(
        "Plug", ["x", "", "w"], ["", "y"],
        [
          .init("i", .int) { $0.i = -3 },
          .init("f", .float) { $0.f = 0.5 },
          .init("s", .string) { $0.s = Data("text".utf8) },
          .init("is", .ints) { $0.ints = [1, 2] },
          .init("fs", .floats) { $0.floats = [] },
          .init("ss", .strings) { $0.strings = [Data("a".utf8)] },
          .init("t", .tensor) { $0.t = .init(.int64, []) { $0.int64Data = [9] } },
          .init("g", .graph) { $0.g = Onnx_GraphProto() },
          .init("words", .tensor) { $0.t = .init(.string, [1]) { $0.stringData = [Data()] } },
        ])
    ])
    proto.graph.node[0].domain = "trt.plugins"
    proto.opsetImport = [.init("ai.onnx", 12), .init("trt.plugins", 1)]
    proto.producerName = "maker"
    proto.metadataProps = [
      .with {
        $0.key = "names"
        $0.value = "['a']"
      }
    ]
    proto.graph.initializer = [.init(.float, []) { $0.floatData = [4] }]
    proto.graph.input = [
      .init("x", [2]), .init("w", []),
    ]
    proto.graph.input[0].type.tensorType.shape.dim = [
      .with { $0.dimParam = "batch" }, .with { $0.dimValue = 3 }, .with { $0.dimValue = -1 },
      .init(),
    ]
    let model = try proto.loaded()
    #expect(model.opsets == ["": 12, "trt.plugins": 1])
    #expect(model.producerName == "maker")
    #expect(model.metadata == ["names": "['a']"])
    #expect(
      model.graph.inputs == [
        ValueInfo(
          name: "x", elementType: .float32,
          dimensions: [.named("batch"), .fixed(3), .unknown, .unknown])
      ])
    #expect(model.graph.initializers == ["w": Tensor(scalar: Float(4))])
    let node = model.graph.nodes[0]
    #expect(node.domain == "trt.plugins")
    #expect(node.inputs == ["x", "", "w"])
    #expect(node.outputs == ["", "y"])
    #expect(
      node.attributes == [
        "i": .int(-3), "f": .float(0.5), "s": .string("text"), "is": .ints([1, 2]),
        "fs": .floats([]), "ss": .strings(["a"]), "t": .tensor(Tensor(scalar: Int64(9))),
        "g": .other("GRAPH"), "words": .other("TENSOR of string"),
      ])
  }

  @Test func sortsNodesOnlyWhereTheyAreOutOfOrder() throws {
    let sorted = try Onnx_ModelProto([
      .init("Relu", ["x"], ["b"]), .init("Neg", ["x"], ["a"]), .init("Add", ["a", "b"], ["y"]),
    ]).loaded()
    #expect(sorted.graph.nodes.map(\.outputs) == [["b"], ["a"], ["y"]])
    let shuffled = try Onnx_ModelProto([
      .init("Add", ["a", "b"], ["y"]), .init("Relu", ["c"], ["b"]), .init("Neg", ["x"], ["a"]),
      .init("Abs", ["x"], ["c"]),
    ]).loaded()
    #expect(shuffled.graph.nodes.map(\.outputs) == [["a"], ["c"], ["b"], ["y"]])
  }

  @Test func nodesWaitForWhatTheirSubgraphsRead() throws {
    let branch = Onnx_GraphProto.with {
      $0.node = [.init("Neg", ["late"], ["inner"]), .init("Abs", ["inner"], ["out"])]
      $0.output = [.init("out", [2])]
    }
    let model = try Onnx_ModelProto([
      .init("If", ["x"], ["y"], [.init("then_branch", .graph) { $0.g = branch }]),
      .init("Relu", ["x"], ["late"]),
    ]).loaded()
    #expect(model.graph.nodes.map(\.operatorType) == ["Relu", "If"])
    #expect(model.graph.pruned().nodes.count == 2)
  }

  @Test func outputsMayBeInputsOrInitializers() throws {
    var proto = Onnx_ModelProto([])
    proto.graph.initializer = [.init(.float, [2]) { $0.floatData = [1, 2] }]
    proto.graph.output = [.init("x", [2]), .init("w", [2])]
    #expect(try proto.loaded().graph.outputs.map(\.name) == ["x", "w"])
  }

  @Test func repetitionsCountOnce() throws {
    var proto = Onnx_ModelProto.relu()
    let tensor = Onnx_TensorProto(.float, [1]) { $0.floatData = [1] }
    proto.graph.initializer = [tensor, tensor]
    proto.graph.input += proto.graph.input
    proto.opsetImport = [.init("", 13), .init("ai.onnx", 13)]
    proto.graph.node[0].attribute = [
      .init("a", .int) { $0.i = 1 }, .init("a", .int) { $0.i = 1 },
    ]
    let model = try proto.loaded()
    #expect(model.graph.inputs.count == 1)
    #expect(model.graph.initializers.count == 1)
    #expect(model.graph.nodes[0].attributes == ["a": .int(1)])
  }

  @Test func tensorsOfOtherTypesMatterOnlyWhereTheyAreRead() throws {
    var proto = Onnx_ModelProto.relu()
    proto.graph.initializer = [.init(.string, [1]) { $0.stringData = [Data("a".utf8)] }]
    #expect(try proto.loaded().graph.initializers.isEmpty)
    proto.graph.node[0].input = ["w"]
    let found = message { _ = try proto.loaded() }
    #expect(found?.contains("Relu making 'y' reads initializer 'w', a string tensor") == true)
  }

  typealias Fault = (
    name: String, plant: @Sendable (inout Onnx_ModelProto) -> Void, message: String
  )
  static let faults: [Fault] = [
    ("no graph", { $0.clearGraph() }, "holds no graph"),
    ("old IR", { $0.irVersion = 2 }, "IR version 2, expected 3"),
    ("old opset", { $0.opsetImport = [.init("", 6)] }, "opset 6, expected 7"),
    ("no opset", { $0.opsetImport = [.init("other", 1)] }, "does not say which opset"),
    ("two opsets", { $0.opsetImport.append(.init("ai.onnx", 12)) }, "opset 13 and opset 12"),
    (
      "unmade", { $0.graph.node[0].input = ["z"] }, "Relu making 'y' reads 'z', which nothing makes"
    ),
    ("unmade output", { $0.graph.output[0].name = "z" }, "output 'z' is made by nothing"),
    ("made twice", { $0.graph.node += $0.graph.node }, "tensor 'y' is made twice"),
    ("made and fed", { $0.graph.input.append(.init("y", [2])) }, "by an input and by Relu"),
    ("own result", { $0.graph.node[0].input = ["y"] }, "tensor 'y' is in a cycle"),
    (
      "cycle",
      {
        $0.graph.node = [
          .init("Relu", ["b"], ["y"]), .init("Add", ["x", "c"], ["b"]), .init("Neg", ["b"], ["c"]),
        ]
      }, "is in a cycle"
    ),
    ("unnamed input", { $0.graph.input.append(.init("", [1])) }, "an input has no name"),
    ("input twice", { $0.graph.input.append(.init("x", [3])) }, "'x' is declared twice"),
    (
      "initializer twice",
      {
        $0.graph.initializer = [1, 2].map { value in
          .init(.float, [1]) { $0.floatData = [value] }
        }
      }, "initializer 'w' is there twice"
    ),
    (
      "attribute twice",
      {
        $0.graph.node[0].attribute = [1, 2].map { value in .init("a", .int) { $0.i = value } }
      }, "Relu making 'y': attribute a is there twice"
    ),
    (
      "bad initializer", { $0.graph.initializer = [.init(.float, [2])] },
      "initializer 'w': 0 elements, expected 2"
    ),
    (
      "bad attribute",
      { $0.graph.node[0].attribute = [.init("t", .tensor) { $0.t = .init(.float, [-1]) }] },
      "Relu making 'y': attribute t: shape [-1]"
    ),
    (
      "function of no outputs", { $0.functions = [.with { $0.name = "Relu" }] },
      "function 'Relu' is called with 1 inputs and 1 outputs, expected at most 0 and 0"
    ),
    (
      "function that calls itself",
      { proto in
        proto.functions = [
          .with {
            $0.name = "Relu"
            $0.input = ["a"]
            $0.output = ["b"]
            $0.node = [.init("Relu", ["a"], ["b"])]
          }
        ]
      }, "function 'Relu' calls itself"
    ),
    (
      "function of an output without a name",
      { proto in
        proto.functions = [
          .with {
            $0.name = "Relu"
            $0.input = [""]
            $0.output = [""]
            $0.node = [.init("Abs", [""], [""])]
          }
        ]
      }, "output 'y' is made by nothing"
    ),
    (
      "functions that double one another",
      { proto in
        proto.functions = (0..<40).map { level in
          .with {
            $0.domain = "pkg"
            $0.name = "F\(level)"
            $0.input = ["a"]
            $0.output = ["b"]
            $0.node = [("a", "m"), ("m", "b")].map { input, output in
              .with {
                $0.domain = "pkg"
                $0.opType = "F\(level + 1)"
                $0.input = [input]
                $0.output = [output]
              }
            }
          }
        }
        proto.graph.node[0].domain = "pkg"
        proto.graph.node[0].opType = "F0"
      }, "the calls of functions make more than"
    ),
    (
      "branches of two outputs",
      { proto in
        proto.graph.initializer = [.init(.bool, []) { $0.int32Data = [1] }]
        proto.graph.node = [
          .init(
            "If", ["w"], ["y"],
            [
              .init("then_branch", .graph) { $0.g.output = [.init("x", [2]), .init("x", [2])] },
              .init("else_branch", .graph) { $0.g.output = [.init("x", [2])] },
            ])
        ]
      }, "If making 'y': a branch has 2 outputs and 0 inputs, expected 1 and none"
    ),
    (
      "line break", { $0.graph.node[0].input = ["a\nb"] }, "reads 'a\\nb'"
    ),
  ]

  @Test(arguments: faults.indices)
  func refuses(_ index: Int) throws {
    let fault = Self.faults[index]
    var proto = Onnx_ModelProto.relu()
    fault.plant(&proto)
    let found = try #require(message { _ = try proto.loaded() }, "\(fault.name) was loaded")
    #expect(found.contains(fault.message), "\(fault.name): \(found)")
    #expect(found.contains("model.onnx: ") && !found.contains("\n"))
  }

  @Test(arguments: [
    ("empty", Data(), "empty file"),
    ("text", Data("version https://example.com\n".utf8), "not an ONNX model"),
    ("random", Data((0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 197 &+ 31) }), "ONNX model"),
  ])
  func refusesFiles(name: String, bytes: Data, expected: String) throws {
    let path = try TemporaryFolder().write([], as: "absent")
    #expect(message { _ = try Model(contentsOfFile: path) }?.hasSuffix("no such file") == true)
    let folder = try TemporaryFolder()
    let file = try folder.write(bytes, as: name)
    let found = message { _ = try Model(contentsOfFile: file) }
    #expect(found?.contains(expected) == true, "\(found ?? "was loaded")")
    let directory = message { _ = try Model(contentsOfFile: folder.path) }
    #expect(directory?.hasSuffix("not a regular file") == true)
  }

  @Test func deeplyNestedMessagesAreRefused() throws {
    // graph.node.attribute.g.node.attribute.g…, by hand: the library that writes has a limit too.
    var graph: [UInt8] = []
    func field(_ number: UInt8, _ payload: [UInt8]) -> [UInt8] {
      var length: [UInt8] = []
      var rest = payload.count
      repeat {
        length.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
        rest >>= 7
      } while rest > 0
      return [number << 3 | 2] + length + payload
    }
    for _ in 0..<5000 { graph = field(1, field(5, field(6, graph))) }
    let path = try TemporaryFolder().write(field(7, graph), as: "deep.onnx")
    #expect(message { _ = try Model(contentsOfFile: path) } != nil)
  }
}
