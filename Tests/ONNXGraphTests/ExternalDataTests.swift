import Foundation
import ONNXFormat
import ONNXGraph
import Tensors
import TestSupport
import Testing

struct ExternalDataTests {
  /// A folder with 64 bytes 0, 1, 2, … in `w.bin` and `sub/w.bin`, links to them, and the same
  /// bytes outside.
  private func folder() throws -> (outer: TemporaryFolder, inner: String) {
    let outer = try TemporaryFolder()
    let manager = FileManager.default
    try manager.createDirectory(
      atPath: outer.path + "/model/sub", withIntermediateDirectories: true)
    for name in ["secret.bin", "model/w.bin", "model/sub/w.bin"] {
      try outer.write(0..<64, as: name)
    }
    let inner = outer.path + "/model"
    try manager.createSymbolicLink(atPath: inner + "/link.bin", withDestinationPath: "w.bin")
    try manager.createSymbolicLink(atPath: inner + "/linked", withDestinationPath: "sub")
    mkfifo(inner + "/pipe", 0o600)
    return (outer, inner)
  }

  @Test(arguments: [
    ("w.bin", "0", UInt8(0)), ("w.bin", "16", 16), ("w.bin", "60", 60), ("w.bin", "3", 3),
    ("sub/w.bin", "8", 8), ("./w.bin", "4", 4),
  ])
  func reads(location: String, offset: String, first: UInt8) throws {
    let (outer, inner) = try folder()
    let proto = Onnx_TensorProto(
      .int32, [1], external: [("location", location), ("offset", offset), ("length", "4")])
    let tensor = try Tensor(proto, externalData: ExternalData(folder: inner))
    #expect(tensor.withUnsafeBytes { Array($0) } == [first, first + 1, first + 2, first + 3])
    withExtendedLifetime(outer) {}
  }

  @Test func lengthMayBeLeftOutAndNothingMayBeRead() throws {
    let (outer, inner) = try folder()
    let whole = Onnx_TensorProto(.uint8, [64], external: [("location", "w.bin")])
    #expect(
      try Tensor(whole, externalData: ExternalData(folder: inner)) == Tensor(Array(UInt8(0)..<64)))
    let nothing = Onnx_TensorProto(
      .float, [0], external: [("location", "w.bin"), ("offset", "64"), ("length", "0")])
    #expect(
      try Tensor(nothing, externalData: ExternalData(folder: inner)) == Tensor([Float]()))
    withExtendedLifetime(outer) {}
  }

  @Test(arguments: [
    ([("location", "../secret.bin")], "relative path inside"),
    ([("location", "sub/../../secret.bin")], "relative path inside"),
    ([("location", "/etc/passwd")], "relative path inside"),
    ([("location", "")], "relative path inside"),
    ([("location", "w.bin/")], "relative path inside"),
    ([("location", "w.bin\0.txt")], "relative path inside"),
    ([], "no location"),
    ([("location", "w.bin"), ("location", "sub/w.bin")], "two values of location"),
    ([("location", "absent.bin")], "no such file"),
    ([("location", "link.bin")], "symbolic link"),
    ([("location", "linked/w.bin")], "symbolic link"),
    ([("location", "sub")], "not a regular file"),
    ([("location", "pipe")], "not a regular file"),
    ([("location", "w.bin"), ("offset", "61")], "'w.bin' holds 64"),
    ([("location", "w.bin"), ("offset", "9223372036854775807")], "'w.bin' holds 64"),
    ([("location", "w.bin"), ("offset", "-4")], "expected a number of bytes"),
    ([("location", "w.bin"), ("offset", "99999999999999999999")], "expected a number of bytes"),
    ([("location", "w.bin"), ("length", "8")], "8 bytes, expected 4"),
  ])
  func refuses(entries: [(String, String)], expected: String) throws {
    let (outer, inner) = try folder()
    let proto = Onnx_TensorProto(.float, [1], external: entries)
    let found = message { _ = try Tensor(proto, externalData: ExternalData(folder: inner)) }
    #expect(found?.contains(expected) == true, "\(found ?? "was read")")
    withExtendedLifetime(outer) {}
  }

  @Test func overlappingTensorsTakeNoMoreMemoryThanTheirFile() throws {
    let (outer, inner) = try folder()
    let data = ExternalData(folder: inner)
    func read(_ type: Onnx_TensorProto.DataType, _ count: Int64, at offset: Int) throws -> Tensor {
      try Tensor(
        Onnx_TensorProto(
          type, [count], external: [("location", "w.bin"), ("offset", "\(offset)")]),
        externalData: data)
    }
    for _ in 0..<10 { _ = try read(.float, 16, at: 0) }
    _ = try read(.float, 8, at: 1)
    _ = try read(.float, 8, at: 2)
    let found = message { _ = try read(.bool, 1, at: 0) }
    #expect(found?.contains("overlaps") == true, "\(found ?? "was read")")
    withExtendedLifetime(outer) {}
  }

  @Test func modelFindsItsDataBesideIt() throws {
    let folder = try TemporaryFolder()
    try folder.write([0, 0, 128, 63, 0, 0, 0, 64] as [UInt8], as: "w.bin")
    var proto = Onnx_ModelProto([.init("Add", ["x", "w"], ["y"])])
    proto.graph.initializer = [.init(.float, [2], external: [("location", "w.bin")])]
    let model = try proto.loaded(in: folder)
    #expect(model.graph.initializers == ["w": Tensor([Float(1), 2])])
  }
}
