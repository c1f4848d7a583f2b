import Foundation
import ONNXFormat
import ONNXGraph
import Tensors
import TestSupport
import Testing

struct WritingTests {
  /// A model with documentation and parts that the values do not show.
  private func documented() -> Onnx_ModelProto {
    var proto = Onnx_ModelProto([
      .init("Add", ["x", "w"], ["a"], [.init("note", .string) { $0.s = Data("n".utf8) }]),
      .init(
        "If", ["a"], ["y"],
        [
          .init("else_branch", .graph) { $0.g = Onnx_GraphProto.with { $0.name = "inner" } },
          .init("axis", .int) {
            $0.i = 0
            $0.docString = "which"
          },
        ]),
    ])
    proto.docString = "about the model"
    proto.modelVersion = 7
    proto.domain = "org.example"
    proto.opsetImport.insert(.init("org.example.plugins", 2), at: 0)
    proto.metadataProps = ["z", "a"].map { key in
      .with {
        $0.key = key
        $0.value = "1"
      }
    }
    proto.functions = [
      .with {
        $0.name = "Helper"
        $0.domain = "org.example"
      }
    ]
    proto.graph.docString = "about the graph"
    proto.graph.node[0].docString = "about the node"
    proto.graph.node[1].metadataProps = [
      .with {
        $0.key = "namespace"
        $0.value = "head"
      }
    ]
    proto.graph.valueInfo = [.init("a", [2])]
    proto.graph.valueInfo[0].docString = "about a"
    proto.graph.initializer = [
      .init(.float, [2]) {
        $0.rawData = Data(count: 8)
        $0.docString = "about w"
      },
      .init(.string, [1], name: "words") { $0.stringData = [Data("s".utf8)] },
    ]
    proto.graph.input.append(.init("w", [2]))
    return proto
  }

  @Test func whatIsNotChangedIsWrittenAsItWas() throws {
    let folder = try TemporaryFolder()
    let proto = documented()
    let path = folder.path + "/copy.onnx"
    try proto.loaded().write(toFile: path)
    #expect(
      try Onnx_ModelProto(serializedBytes: Data(contentsOf: URL(fileURLWithPath: path))) == proto)
  }

  @Test func changesAreWritten() throws {
    let folder = try TemporaryFolder()
    var model = try documented().loaded()
    model.opsets["another"] = 3
    model.metadata["z"] = nil
    model.graph.initializers["w"] = Tensor([Float(3), 4])
    model.graph.initializers["v"] = Tensor(scalar: Int64(1))
    model.graph.nodes[0].attributes = ["note": .ints([1]), "more": .float(2)]
    model.graph.nodes[0].inputs = ["w", "x"]
    model.graph.valueInfos[0].dimensions = [.named("n")]
    let path = folder.path + "/copy.onnx"
    try model.write(toFile: path)
    let again = try Model(contentsOfFile: path)
    #expect(again.opsets == model.opsets)
    #expect(again.metadata == ["a": "1"])
    #expect(again.graph.initializers == model.graph.initializers)
    #expect(again.graph.nodes == model.graph.nodes)
    #expect(again.graph.valueInfos == model.graph.valueInfos)
    let proto = try Onnx_ModelProto(serializedBytes: Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(proto.graph.valueInfo[0].docString == "about a")
    #expect(proto.graph.initializer[0].docString == "about w")
    #expect(!proto.graph.node[0].attribute[0].hasS)
  }

  @Test func olderFilesListInitializersAmongTheInputs() throws {
    let folder = try TemporaryFolder()
    var model = try Onnx_ModelProto([.init("Add", ["x", "w"], ["y"])]).withWeight()
      .loaded()
    model.irVersion = 3
    let path = folder.path + "/copy.onnx"
    try model.write(toFile: path)
    #expect(
      try Onnx_ModelProto(serializedBytes: Data(contentsOf: URL(fileURLWithPath: path))).graph.input
        .map { $0.name } == ["x", "w"])
    #expect(try Model(contentsOfFile: path).graph.inputs.map(\.name) == ["x"])
  }

  @Test func brokenGraphsAreNotWritten() throws {
    let folder = try TemporaryFolder()
    var model = try Onnx_ModelProto.relu().loaded()
    model.graph.nodes[0].inputs = ["z"]
    let path = folder.path + "/copy.onnx"
    let found = message { try model.write(toFile: path) }
    #expect(found?.contains("copy.onnx: Relu making 'y' reads 'z'") == true)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func writingReplacesTheFileTheModelCameFrom() throws {
    let folder = try TemporaryFolder()
    let model = try documented().loaded(in: folder)
    try model.write(toFile: folder.path + "/model.onnx")
    #expect(try Model(contentsOfFile: folder.path + "/model.onnx").graph.nodes == model.graph.nodes)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(files == ["model.onnx"])
  }
}

extension Onnx_ModelProto {
  fileprivate func withWeight() -> Onnx_ModelProto {
    var proto = self
    proto.graph.initializer = [.init(.float, [2]) { $0.floatData = [1, 2] }]
    return proto
  }
}
