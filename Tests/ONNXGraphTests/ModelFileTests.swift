import Foundation
import ONNXFormat
import ONNXGraph
import Tensors
import TestSupport
import Testing

/// Large initializers stay where the file has them; what is read is what parsing the whole would give.
struct ModelFileTests {
  /// One of each kind, large and small, the large ones at odd places behind names of all lengths.
  private func model(nameLength: Int) -> Onnx_ModelProto {
    var proto = Onnx_ModelProto.relu()
    func name(_ text: String) -> String {
      text + String(repeating: "_", count: nameLength)
    }
    func raw(_ count: Int, _ element: Int) -> Data {
      Data((0..<count * element).map { UInt8(truncatingIfNeeded: $0 &* 7 + nameLength) })
    }
    proto.graph.initializer = [
      .init(.float, [3]) { $0.rawData = raw(3, 4) },
      .init(.int64, [2, 3000], name: name("whole")) { $0.rawData = raw(6000, 8) },
      .init(.float, [5000], name: name("single")) { $0.rawData = raw(5000, 4) },
      .init(.float, [5000], name: name("typed")) { $0.floatData = (0..<5000).map { Float($0) } },
      .init(.double, [2500], name: name("double")) { $0.rawData = raw(2500, 8) },
      .init(.float16, [9000], name: name("half")) { $0.rawData = raw(9000, 2) },
      .init(.bool, [20000], name: name("truth")) { $0.rawData = raw(20000, 1) },
    ]
    proto.graph.initializer[0].name = "w"
    return proto
  }

  @Test(arguments: 0..<8)
  func readsWhatTheMessageSays(nameLength: Int) throws {
    let proto = model(nameLength: nameLength)
    let initializers = try proto.loaded().graph.initializers
    #expect(initializers.count == proto.graph.initializer.count)
    for message in proto.graph.initializer {
      let expected = try Tensor(message, externalData: ExternalData(folder: "."))
      let found = try #require(initializers[message.name])
      #expect(found == expected, "\(message.name)")
      switch found.elementType {
      case .float32:
        // Their bits: what stands there is no number now and then.
        let bits = expected.elements(of: Float.self).map(\.bitPattern)
        #expect(found.elements(of: Float.self).map(\.bitPattern) == bits)
        #expect(Array(found.unsafeElements(of: Float.self)).map(\.bitPattern) == bits)
        let part = found.reshaped(to: [found.shape.elementCount, 1])
        #expect(Array(part.unsafeElements(of: Float.self)).map(\.bitPattern) == bits)
      case .int64: #expect(found.elements(of: Int64.self) == expected.elements(of: Int64.self))
      default: break
      }
      #expect(Int(bitPattern: found.unsafeStart) % found.elementType.byteCount == 0)
    }
  }

  /// What is let go of is read again; what no file holds stays.
  @Test func memoryLetGoIsReadAgain() throws {
    var proto = model(nameLength: 1)
    // Large enough to be let go of at all.
    let bytes = Data((0..<1_200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    proto.graph.initializer.append(.init(.float, [300_000], name: "large") { $0.rawData = bytes })
    let large = try #require(try proto.loaded().graph.initializers["large"])
    let own = Tensor([UInt8](bytes))
    for tensor in [large, own] {
      tensor.storage.releaseFilePages()
      #expect(tensor.withUnsafeBytes { Data($0) } == bytes)
    }
  }

  @Test func outlivesTheFile() throws {
    let proto = model(nameLength: 1)
    let weights: Tensor
    do {
      let folder = try TemporaryFolder()
      weights = try #require(try proto.loaded(in: folder).graph.initializers["single_"])
    }
    #expect(
      try weights == Tensor(proto.graph.initializer[2], externalData: ExternalData(folder: ".")))
  }

  /// A length that does not fit, as it would in the message.
  @Test func refusesDataOfTheWrongSize() throws {
    var proto = model(nameLength: 0)
    proto.graph.initializer[2].dims = [5001]
    let found = message { _ = try proto.loaded() }
    #expect(
      found?.contains("initializer 'single': raw_data of 20000 bytes, expected 20004") == true,
      "\(found ?? "was read")")
    proto = model(nameLength: 0)
    proto.graph.initializer[2].floatData = [1]
    #expect(message { _ = try proto.loaded() }?.contains("both raw_data and typed data") == true)
  }

  /// What protobuf allows and no exporter writes is read as the parser reads it.
  @Test func mergesAsTheParserDoes() throws {
    let whole: [UInt8] = try model(nameLength: 2).serializedBytes()
    var second = Onnx_ModelProto()
    second.graph.initializer = [
      .init(.float, [6000], name: "more") { $0.rawData = Data(repeating: 3, count: 24000) }
    ]
    let twoGraphs = try whole + second.serializedBytes()
    // A second raw_data replaces the first.
    var tensor: [UInt8] = try second.graph.initializer[0].serializedBytes()
    let replacement = Onnx_TensorProto.with { $0.rawData = Data(repeating: 9, count: 24000) }
    tensor += try replacement.serializedBytes()
    var header = Onnx_ModelProto.relu()
    let graph: [UInt8] = try header.graph.serializedBytes()
    header.clearGraph()
    let twice = try header.serializedBytes() + field(7, graph + field(5, tensor))
    for bytes in [twoGraphs, twice] {
      let folder = try TemporaryFolder()
      let path = try folder.write(bytes, as: "model.onnx")
      let expected = try Onnx_ModelProto(serializedBytes: bytes).graph.initializer
      let found = try Model.reading(leniently: path).model.graph.initializers
      for message in expected {
        #expect(
          try found[message.name] == Tensor(message, externalData: ExternalData(folder: ".")))
      }
    }
  }

  private func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    var bytes = [number << 3 | 2]
    var rest = content.count
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)] + content
  }

  /// Damage outside the weights loads or is refused in one line, whichever of the two ways reads it.
  @Test(arguments: [UInt64(1), 2])
  func damageIsSurvived(seed: UInt64) throws {
    let bytes: [UInt8] = try model(nameLength: 3).serializedBytes()
    let folder = try TemporaryFolder()
    // Tags, lengths and names stand in front of each tensor's data.
    let places = ["whole", "single", "typed", "double", "half", "truth"].flatMap { name in
      let found = Data(bytes).range(of: Data("\(name)___".utf8))!
      return Array(found.lowerBound - 12..<found.upperBound + 6)
    }
    var random = SeededGenerator(seed: seed)
    var refused = 0
    for round in 0..<100 {
      var damaged = bytes
      let place = places.randomElement(using: &random)!
      if round % 2 == 0 {
        damaged[place] = UInt8.random(in: 0...255, using: &random)
      } else {
        damaged.removeSubrange(place...)
      }
      let path = try folder.write(damaged, as: "damaged.onnx")
      guard let found = message({ _ = try Model(contentsOfFile: path) }) else { continue }
      refused += 1
      #expect(!found.contains("\n"))
    }
    #expect(refused > 50, "seed \(seed)")
  }
}
