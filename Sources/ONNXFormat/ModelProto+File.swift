import Foundation
import SwiftProtobuf
import Tensors

extension Onnx_ModelProto {
  /// Parses the file at `path`, which is mapped and not read into memory first.
  package init(contentsOfFile path: String) throws(TensorError) {
    let file = try MappedFile(path: path)
    guard !file.bytes.isEmpty else { throw TensorError("empty file, expected an ONNX model") }
    do {
      try self.init(serializedBytes: file.bytes.bytes)
    } catch {
      throw TensorError("not an ONNX model, or a damaged or truncated one: malformed protobuf")
    }
  }
}
