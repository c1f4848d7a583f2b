import Foundation
import ONNXGraph
import TestSupport
import Testing

private let realModels: [String] = {
  guard let root = RealModels.folder else { return [] }
  let files = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
  return files.filter { $0.hasSuffix(".onnx") }.sorted().map { "\(root)/\($0)" }
}()

@Suite(RealModels.condition)
struct RealModelTests {
  @Test(arguments: realModels)
  func loadsAndSurvivesWriting(path: String) throws {
    let model = try Model(contentsOfFile: path)
    #expect(!model.graph.nodes.isEmpty)
    let copy = NSTemporaryDirectory() + UUID().uuidString + ".onnx"
    defer { try? FileManager.default.removeItem(atPath: copy) }
    try model.write(toFile: copy)
    let again = try Model(contentsOfFile: copy)
    #expect(again.opsets == model.opsets)
    #expect(again.metadata == model.metadata)
    #expect(again.graph.inputs == model.graph.inputs)
    #expect(again.graph.outputs == model.graph.outputs)
    #expect(again.graph.valueInfos == model.graph.valueInfos)
    #expect(again.graph.nodes == model.graph.nodes)
    #expect(again.graph.initializers == model.graph.initializers)
  }
}
