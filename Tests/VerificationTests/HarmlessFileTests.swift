import Foundation
import ONNXFormat
import ONNXGraph
import SwiftProtobuf
import Tensors
import TestSupport
import Testing
import Verification

/// Ways to store the same model.
struct HarmlessFileTests {
  struct Variant: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Changes the model; gives what has to stand in `weights.bin` beside it.
    let change: @Sendable (inout Onnx_ModelProto) -> Data
  }

  static let variants: [Variant] = [
    Variant(testDescription: "weights in a file of their own") { model in
      var weights = Data()
      for index in model.graph.initializer.indices {
        let raw = model.graph.initializer[index].rawData
        func entry(_ key: String, _ value: String) -> Onnx_StringStringEntryProto {
          var entry = Onnx_StringStringEntryProto()
          entry.key = key
          entry.value = value
          return entry
        }
        model.graph.initializer[index].clearRawData()
        model.graph.initializer[index].dataLocation = .external
        model.graph.initializer[index].externalData = [
          entry("location", "weights.bin"), entry("offset", "\(weights.count)"),
          entry("length", "\(raw.count)"),
        ]
        // An offset that is no multiple of the elements' size.
        weights += raw + Data([0])
      }
      return weights
    },
    Variant(testDescription: "initializers that are inputs too") { model in
      model.irVersion = 3
      for initializer in model.graph.initializer {
        var info = Onnx_ValueInfoProto()
        info.name = initializer.name
        info.type.tensorType.elemType = initializer.dataType
        info.type.tensorType.shape.dim = initializer.dims.map { size in
          var dimension = Onnx_TensorShapeProto.Dimension()
          dimension.dimValue = size
          return dimension
        }
        model.graph.input.insert(info, at: 0)
      }
      return Data()
    },
    Variant(testDescription: "numbers in typed fields") { model in
      for index in model.graph.initializer.indices {
        let raw = model.graph.initializer[index].rawData
        switch model.graph.initializer[index].dataType {
        case 1:
          model.graph.initializer[index].floatData = raw.numbers()
        case 7:
          model.graph.initializer[index].int64Data = raw.numbers()
        default: continue
        }
        model.graph.initializer[index].clearRawData()
      }
      return Data()
    },
    Variant(testDescription: "the domain spelled out, a domain nobody uses") { model in
      for index in model.graph.node.indices { model.graph.node[index].domain = "ai.onnx" }
      model.opsetImport[0].domain = "ai.onnx"
      var other = Onnx_OperatorSetIdProto()
      other.domain = "com.example"
      other.version = 1
      model.opsetImport.append(other)
      return Data()
    },
  ]

  @Test(arguments: variants)
  func isEquivalent(_ variant: Variant) throws {
    let folder = try TemporaryFolder()
    let original = try folder.write(TinyDetector.original(), as: "original.onnx")
    let patched = try folder.write(TinyDetector.plugin(), as: "patched.onnx")
    let image = try folder.write(TinyDetector.noise(), as: "noise.npy")
    var proto = try Onnx_ModelProto(
      serializedBytes: Data(contentsOf: URL(fileURLWithPath: patched)))
    try variant.change(&proto).write(to: URL(fileURLWithPath: folder.file("weights.bin")))
    let bytes: Data = try proto.serializedBytes()
    try bytes.write(to: URL(fileURLWithPath: patched))
    let report = try compare(original: original, patched: patched, images: [image])
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    #expect(report.sharing == Sharing(identicalNodes: 25, originalOnly: 37, patchedOnly: 4))
  }
}

extension Data {
  fileprivate func numbers<Number: BitwiseCopyable>() -> [Number] {
    withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: MemoryLayout<Number>.size).map {
        bytes.loadUnaligned(fromByteOffset: $0, as: Number.self)
      }
    }
  }
}
