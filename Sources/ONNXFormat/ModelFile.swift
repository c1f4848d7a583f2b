import SwiftProtobuf
import Tensors

/// An ONNX file: its message, and the data of large initializers where the file has it.
package struct ModelFile {
  /// The message; initializers that ``initializerData`` has have no `raw_data` in it.
  package let proto: Onnx_ModelProto
  /// For each initializer of the graph, its `raw_data` in the mapped file; `nil` for what the message
  /// holds itself.
  package let initializerData: [FileBytes?]

  /// Parses the file at `path`, which is mapped and not read into memory first.
  package init(path: String) throws(TensorError) {
    let file = try MappedFile(path: path)
    guard !file.bytes.isEmpty else { throw TensorError("empty file, expected an ONNX model") }
    do {
      let lean = try LeanMessage(file.bytes)
      proto = try Onnx_ModelProto(serializedBytes: lean.bytes)
      initializerData = lean.initializerData.map { range in
        range.map { FileBytes(UnsafeRawBufferPointer(rebasing: file.bytes[$0]), of: file) }
      }
    } catch LeanMessage.Refusal.tooLarge(let found) {
      throw TensorError("not an ONNX model that can be read: \(found)")
    } catch {
      throw TensorError("not an ONNX model, or a damaged or truncated one: malformed protobuf")
    }
  }
}

/// Bytes of a mapped file, which stays mapped as long as they live.
package struct FileBytes {
  let bytes: UnsafeRawBufferPointer
  let file: MappedFile

  init(_ bytes: UnsafeRawBufferPointer, of file: MappedFile) {
    self.bytes = bytes
    self.file = file
  }
}
