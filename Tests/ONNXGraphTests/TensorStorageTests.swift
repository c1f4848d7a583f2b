import Foundation
import ONNXFormat
import ONNXGraph
import Tensors
import TestSupport
import Testing

/// A tensor in one of the ways a file can hold it, and what it means.
struct StoredTensor: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let proto: Onnx_TensorProto
  let expected: Tensor

  init(_ name: String, _ proto: Onnx_TensorProto, _ expected: Tensor) {
    testDescription = name
    self.proto = proto
    self.expected = expected
  }
}

private let hundredFloats = (0..<100).map { Float($0) / 7 }

private let storedTensors: [StoredTensor] = [
  .init(
    "raw float", .init(.float, [2]) { $0.rawData = Data([0, 0, 128, 63, 0, 0, 0, 192]) },
    Tensor([Float(1), -2])),
  .init(
    "raw float, long",
    .init(.float, [100]) { $0.rawData = hundredFloats.withUnsafeBytes { Data($0) } },
    Tensor(hundredFloats)),
  .init(
    "raw float16", .init(.float16, [2]) { $0.rawData = Data([0, 0x3c, 0, 0xc0]) },
    Tensor([Half(1), Half(-2)])),
  .init(
    "raw bool, any byte but 0 is true", .init(.bool, [3]) { $0.rawData = Data([0, 1, 7]) },
    Tensor([false, true, true])),
  .init(
    "raw int64 scalar", .init(.int64, []) { $0.rawData = Data([5, 0, 0, 0, 0, 0, 0, 0]) },
    Tensor(scalar: Int64(5))),
  .init(
    "raw uint32", .init(.uint32, [1]) { $0.rawData = Data([255, 255, 255, 255]) },
    Tensor([UInt32.max])),
  .init("no elements, no data", .init(.float, [0, 3]), Tensor([Float](), shape: [0, 3])),
  .init(
    "no elements, empty raw data", .init(.int8, [0]) { $0.rawData = Data() },
    Tensor([Int8]())),
  .init(
    "float_data", .init(.float, [2, 1]) { $0.floatData = [1.5, -.infinity] },
    Tensor([Float(1.5), -.infinity], shape: [2, 1])),
  .init(
    "float_data, long", .init(.float, [100]) { $0.floatData = hundredFloats },
    Tensor(hundredFloats)),
  .init("double_data", .init(.double, [1]) { $0.doubleData = [0.1] }, Tensor([0.1])),
  .init(
    "int64_data", .init(.int64, [2]) { $0.int64Data = [.min, .max] },
    Tensor([Int64.min, .max])),
  .init("uint64_data", .init(.uint64, [1]) { $0.uint64Data = [.max] }, Tensor([UInt64.max])),
  .init(
    "uint64_data as uint32", .init(.uint32, [1]) { $0.uint64Data = [4_294_967_295] },
    Tensor([UInt32.max])),
  .init("int32_data", .init(.int32, [2]) { $0.int32Data = [.min, 7] }, Tensor([Int32.min, 7])),
  .init(
    "int32_data as int16", .init(.int16, [1]) { $0.int32Data = [-32768] },
    Tensor([Int16.min])),
  .init(
    "int32_data as int8", .init(.int8, [2]) { $0.int32Data = [-128, 127] },
    Tensor([Int8.min, .max])),
  .init(
    "int32_data as uint16", .init(.uint16, [1]) { $0.int32Data = [65535] },
    Tensor([UInt16.max])),
  .init("int32_data as uint8", .init(.uint8, [1]) { $0.int32Data = [255] }, Tensor([UInt8.max])),
  .init(
    "int32_data as bool", .init(.bool, [2]) { $0.int32Data = [0, 1] },
    Tensor([false, true])),
  .init(
    "int32_data as float16 bits", .init(.float16, [2]) { $0.int32Data = [0x3c00, 0xfc00] },
    Tensor([Half(1), Half(-.infinity)])),
  .init(
    "int32_data as bfloat16 bits", .init(.bfloat16, [1]) { $0.int32Data = [0xc040] },
    Tensor([BFloat16(-3)])),
]

private let refusedTensors: [(name: String, proto: Onnx_TensorProto, message: String)] = [
  (
    "raw too short", .init(.float, [2]) { $0.rawData = Data([1, 2, 3]) },
    "raw_data of 3 bytes, expected 8"
  ),
  (
    "raw too long", .init(.float, [0]) { $0.rawData = Data([1, 2, 3, 4]) },
    "raw_data of 4 bytes, expected 0"
  ),
  ("no data", .init(.float, [2]), "0 elements, expected 2"),
  ("typed too short", .init(.int64, [2]) { $0.int64Data = [1] }, "1 elements, expected 2"),
  ("wrong field", .init(.float, [1]) { $0.doubleData = [1] }, "0 elements in float_data"),
  (
    "raw and typed",
    .init(.float, [1]) {
      $0.floatData = [1]
      $0.rawData = Data([0, 0, 0, 0])
    },
    "both raw_data and typed data"
  ),
  ("out of range", .init(.uint8, [1]) { $0.int32Data = [256] }, "holds 256, expected 0 to 255"),
  ("negative dimension", .init(.float, [-1]) { $0.floatData = [1] }, "negative dimension"),
  ("overflow", .init(.float, [1 << 40, 1 << 40]) { $0.rawData = Data() }, "too many elements"),
  ("overflow beside a zero", .init(.float, [0, 1 << 40, 1 << 40]), "too many elements"),
  ("bytes overflow", .init(.double, [1 << 61]) { $0.rawData = Data() }, "too many elements"),
  ("huge", .init(.float, [1 << 30]) { $0.rawData = Data([0, 0, 0, 0]) }, "raw_data of 4 bytes"),
  (
    "segment",
    .init(.float, [1]) {
      $0.segment.begin = 1
      $0.floatData = [1]
    }, "segments"
  ),
  ("string", .init(.string, [1]) { $0.stringData = [Data("a".utf8)] }, "tensor of string"),
]

struct TensorStorageTests {
  @Test(arguments: storedTensors)
  func reads(_ row: StoredTensor) throws {
    let tensor = try Tensor(row.proto, externalData: ExternalData(folder: "."))
    #expect(tensor == row.expected)
  }

  @Test(arguments: storedTensors)
  func survivesWriting(_ row: StoredTensor) throws {
    let bytes: [UInt8] = try Onnx_TensorProto(row.expected).serializedBytes()
    let proto = try Onnx_TensorProto(serializedBytes: bytes)
    #expect(try Tensor(proto, externalData: ExternalData(folder: ".")) == row.expected)
  }

  @Test(arguments: refusedTensors.indices)
  func refuses(_ index: Int) {
    let row = refusedTensors[index]
    let found = message { _ = try Tensor(row.proto, externalData: ExternalData(folder: ".")) }
    #expect(found?.contains(row.message) == true, "\(row.name): \(found ?? "was read")")
  }

  @Test func outlivesItsMessage() throws {
    var tensors: [Tensor] = []
    for value in 0..<50 {
      let proto = Onnx_TensorProto(.float, [1000]) {
        $0.rawData = [Float](repeating: Float(value), count: 1000).withUnsafeBytes { Data($0) }
      }
      tensors.append(try Tensor(proto, externalData: ExternalData(folder: ".")))
    }
    for (value, tensor) in tensors.enumerated() {
      #expect(tensor.elements(of: Float.self).allSatisfy { $0 == Float(value) })
    }
  }
}
