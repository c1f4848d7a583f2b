import Foundation
import ONNXFormat
import ONNXGraph
import Tensors
import TestSupport
import Testing

struct DamagedModelTests {
  private func sound() -> Onnx_ModelProto {
    var proto = Onnx_ModelProto([
      .init(
        "Conv", ["x", "w"], ["c"],
        [
          .init("pads", .ints) { $0.ints = [1, 1, 1, 1] },
          .init("auto_pad", .string) { $0.s = Data("NOTSET".utf8) },
        ]),
      .init(
        "Constant", [], ["k"],
        [
          .init("value", .tensor) { $0.t = .init(.int64, [2]) { $0.int64Data = [1, -1] } }
        ]),
      .init("Reshape", ["c", "k"], ["r"]),
      .init("Relu", ["r"], ["y"]),
    ])
    proto.graph.initializer = [
      .init(.float, [1, 1, 3, 3]) { $0.floatData = (0..<9).map { Float($0) } },
      .init(.int8, [4], name: "unused") { $0.int32Data = [1, -1, 2, -2] },
      .init(.float, [5], name: "raw") { $0.rawData = Data(count: 20) },
    ]
    proto.metadataProps = [
      .with {
        $0.key = "names"
        $0.value = "{0: 'a'}"
      }
    ]
    return proto
  }

  /// What is damaged loads or is refused in one line; it never traps.
  @Test(arguments: [UInt64(1), 2, 3])
  func damageIsSurvived(seed: UInt64) throws {
    let bytes: [UInt8] = try sound().serializedBytes()
    let folder = try TemporaryFolder()
    var random = SeededGenerator(seed: seed)
    var refused = 0
    for _ in 0..<1000 {
      var damaged = bytes
      switch Int.random(in: 0..<3, using: &random) {
      case 0: damaged.removeLast(Int.random(in: 1...bytes.count, using: &random))
      case 1:
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          damaged[Int.random(in: bytes.indices, using: &random)] ^=
            1 << UInt8.random(in: 0..<8, using: &random)
        }
      default:
        damaged[Int.random(in: bytes.indices, using: &random)] =
          UInt8.random(in: 0...255, using: &random)
      }
      let path = try folder.write(damaged, as: "damaged.onnx")
      guard let found = message({ _ = try Model(contentsOfFile: path) }) else { continue }
      refused += 1
      #expect(!found.contains("\n"))
    }
    // Damage in a weight or a name goes unseen; a truncation seldom does.
    #expect(refused > 300, "seed \(seed)")
  }

  @Test func theSoundModelLoads() throws {
    #expect(try sound().loaded().graph.nodes.count == 4)
  }
}
